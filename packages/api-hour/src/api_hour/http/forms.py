"""Forms that browsers send; they need the extra `forms`."""

from api_hour.http.message.forms import MAX_FIELDS, Form, FormFile, FormPiece, read_form, stream_form

__all__ = ["MAX_FIELDS", "Form", "FormFile", "FormPiece", "read_form", "stream_form"]
