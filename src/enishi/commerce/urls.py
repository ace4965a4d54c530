from __future__ import annotations

from django.urls import path

from enishi.commerce.views import orders, products

app_name = "commerce"
urlpatterns = [
    path("orders/", orders.order_list, name="orders"),
    path("orders/coupons/", orders.coupons, name="coupons"),
    path("orders/of-customer/<int:customer_id>/", orders.customer_panel, name="customer-panel"),
    path("orders/<slug:number>/", orders.order, name="order"),
    path("products/", products.product_list, name="products"),
    path("products/new/", products.new, name="product-new"),
    path("products/categories/", products.categories, name="categories"),
    path("products/categories/<int:category_id>/", products.category, name="category"),
    path("products/categories/<int:category_id>/remove/", products.remove_category, name="category-remove"),
    path("products/<int:product_id>/", products.product, name="product"),
    path("products/<int:product_id>/edit/", products.edit, name="product-edit"),
]
