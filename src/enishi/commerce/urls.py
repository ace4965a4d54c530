from __future__ import annotations

from django.urls import path

from enishi.commerce.views import orders

app_name = "commerce"
urlpatterns = [
    path("orders/", orders.order_list, name="orders"),
    path("orders/of-customer/<int:customer_id>/", orders.customer_panel, name="customer-panel"),
    path("orders/<slug:number>/", orders.order, name="order"),
    path("products/", orders.product_list, name="products"),
]
