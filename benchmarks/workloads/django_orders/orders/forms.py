"""What users send."""

from django import forms

from .models import OrderLine


class OrderForm(forms.ModelForm):
    """An order of one product."""

    class Meta:
        """The fields are those of a line."""

        model = OrderLine
        fields = ["product", "quantity"]
