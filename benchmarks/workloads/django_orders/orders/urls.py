"""The application's URLs."""

from django.urls import path

from . import views

urlpatterns = [
    path("products", views.list_products, name="products"),
    path("products/<int:number>", views.show_product, name="product"),
    path("users/<name>/orders", views.list_orders, name="user-orders"),
    path("orders", views.place_order, name="place-order"),
    path("orders/<int:number>", views.show_order, name="order"),
]
