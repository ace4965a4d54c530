"""Products and their categories on screens."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from enishi.commerce import access
from enishi.commerce.actions import categories as category_actions
from enishi.commerce.actions import products as actions
from enishi.commerce.forms.products import CategoryForm, ProductForm
from enishi.commerce.queries import products as queries
from enishi.commerce.queries.categories import category_named, category_tree
from enishi.commerce.views.orders import with_params
from enishi.platform import time
from enishi.platform.errors import ActionError
from enishi.platform.guards import needs
from enishi.platform.http import ActorRequest, require_GET, require_http_methods, require_POST, wants_part
from enishi.platform.listing import window_of


@require_GET
@needs("order", "read")
def product_list(request: ActorRequest) -> HttpResponse:
    """商品の一覧. `q`, `view`, `category`, `after`/`before`+`n`. htmx: the part `results`."""
    text, view, chosen = request.GET.get("q", "").strip()[:100], request.GET.get("view", ""), request.GET.get("category", "")
    tree = category_tree()
    category = next((row for row in tree if str(row.id) == chosen), None)
    page = queries.product_page(text=text, view=view, category=category, window=window_of(request.GET.dict()))
    base, part = reverse("commerce:products"), wants_part(request, "product-list")
    kept = {"q": text, "category": str(category.id) if category else ""}
    context = {
        "page": page,
        "text": text,
        "view": view,
        "category": category,
        "categories": [(row.id, row.path) for row in tree],
        "tabs": [{"label": label, "url": with_params(base, view=key, **kept), "current": key == view} for key, label in queries.VIEWS],
        "is_narrowed": bool(text or category or view),
        "may_change": access.may_change_products(request.actor),
        "part": part,
        "previous_url": with_params(base, page.slice.previous, view=view, **kept) if page.slice.previous else "",
        "next_url": with_params(base, page.slice.next, view=view, **kept) if page.slice.next else "",
    }
    return render(request, "commerce/products.html#results" if part else "commerce/products.html", context)


@require_GET
@needs("order", "read")
def product(request: ActorRequest, product_id: int) -> HttpResponse:
    """One product with what was changed of it."""
    card = queries.product_card(product_id, tree=category_tree())
    return render(request, "commerce/product.html", {"card": card, "may_change": access.may_change_products(request.actor)})


@require_http_methods(["GET", "POST"])
@needs("product", "update")
def new(request: ActorRequest) -> HttpResponse:
    """A product by hand."""
    form = ProductForm(request.POST or None, tree=category_tree())
    if request.method == "POST" and form.is_valid():
        try:
            product_id = actions.create_product(sheet=form.sheet(), actor=request.actor, now=time.now())
        except ActionError as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("商品を登録しました。"))
            return redirect("commerce:product", product_id=product_id)
    return render(request, "commerce/product_form.html", {"form": form, "card": None}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs("product", "update")
def edit(request: ActorRequest, product_id: int) -> HttpResponse:
    """One product; POST changes it."""
    tree = category_tree()
    card = queries.product_card(product_id, tree=tree)
    form = ProductForm(request.POST or None, tree=tree, rate_bp=card.tax_rate_bp, initial=ProductForm.initial_of(card))
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_product(product_id=card.id, sheet=form.sheet(), actor=request.actor, now=time.now())
        except ActionError as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("商品を保存しました。"))
            return redirect("commerce:product", product_id=card.id)
    return render(request, "commerce/product_form.html", {"form": form, "card": card}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs("product", "update")
def categories(request: ActorRequest) -> HttpResponse:
    """The tree; POST makes a category."""
    tree = category_tree()
    form = CategoryForm(request.POST or None, tree=tree)
    if request.method == "POST" and form.is_valid():
        try:
            category_actions.create_category(actor=request.actor, now=time.now(), **form.cleaned_data)
        except ActionError as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("カテゴリを作りました。"))
            return redirect("commerce:categories")
    return render(request, "commerce/categories.html", {"rows": tree, "form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs("product", "update")
def category(request: ActorRequest, category_id: int) -> HttpResponse:
    """One category; POST calls it otherwise or moves it."""
    row = category_named(category_id)
    elsewhere = [other for other in category_tree() if row.id not in other.line]
    form = CategoryForm(request.POST or None, tree=elsewhere, initial={"name": row.name, "parent_id": row.parent_id})
    if request.method == "POST" and form.is_valid():
        try:
            category_actions.change_category(category_id=row.id, actor=request.actor, now=time.now(), **form.cleaned_data)
        except ActionError as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("カテゴリを保存しました。"))
            return redirect("commerce:categories")
    return render(request, "commerce/category.html", {"row": row, "form": form}, status=422 if form.errors else 200)


@require_POST
@needs("product", "update")
def remove_category(request: ActorRequest, category_id: int) -> HttpResponse:
    """An empty category goes."""
    try:
        category_actions.remove_category(category_id=category_id, actor=request.actor, now=time.now())
    except category_actions.CategoryInUse as refusal:
        messages.error(request, str(refusal))
        return redirect("commerce:category", category_id=category_id)
    messages.success(request, _("カテゴリを削除しました。"))
    return redirect("commerce:categories")
