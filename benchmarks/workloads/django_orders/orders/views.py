"""Products, and the orders of the user who is logged in."""

import json

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F, Sum
from django.http import HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from .forms import OrderForm
from .models import Order, Product

ORDERS_SHOWN = 20
PRODUCT_FIELDS = ("id", "name", "category", "price_cents")


@require_GET
def list_products(request):
    """List the products, or those of a category."""
    products = Product.objects.order_by("id")
    if category := request.GET.get("category"):
        products = products.filter(category=category)
    return JsonResponse({"products": list(products.values(*PRODUCT_FIELDS))})


@require_GET
def show_product(_request, number):
    """Show one product."""
    return JsonResponse(get_object_or_404(Product.objects.values(*PRODUCT_FIELDS), pk=number))


@require_GET
@login_required
def list_orders(request, name):
    """List the last orders of the user who is logged in, and nobody else's."""
    if name != request.user.get_username():
        raise PermissionDenied
    orders = request.user.orders.annotate(total_cents=Sum(F("lines__quantity") * F("lines__product__price_cents")))
    if state := request.GET.get("state"):
        orders = orders.filter(state=state)
    shown = orders.order_by("-id").values("id", "state", "ordered_on", "total_cents")[:ORDERS_SHOWN]
    return JsonResponse({"user": name, "orders": list(shown)})


@require_GET
@login_required
def show_order(request, number):
    """Show an order with its lines."""
    order = get_object_or_404(request.user.orders, pk=number)
    lines = [
        {
            "product": line.product_id,
            "name": line.product.name,
            "quantity": line.quantity,
            "price_cents": line.product.price_cents,
        }
        for line in order.lines.select_related("product").order_by("id")
    ]
    return JsonResponse({"id": order.pk, "state": order.state, "ordered_on": order.ordered_on, "lines": lines})


@require_POST
@login_required
@transaction.atomic
def place_order(request):
    """Order a product, by JSON or by a form."""
    sent = request.POST
    if request.content_type == "application/json":
        try:
            sent = json.loads(request.body)
        except ValueError:
            return HttpResponseBadRequest("Expected JSON.")
    form = OrderForm(sent)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=422)
    form.instance.order = Order.objects.create(user=request.user)
    order = form.save().order
    location = reverse("order", args=[order.pk])
    return JsonResponse({"id": order.pk, "state": order.state}, status=201, headers={"Location": location})
