"""AWS's service models, read straight from botocore's data files.

`load_model("sqs")` gives a `ServiceModel`; `services()` names all there are. See `loading` for
where they come from and how they are corrected, `shapes` for what they are made of.
"""

from cloudchamber.wire.model.loading import Overlay, Validation, services
from cloudchamber.wire.model.service import (
    OperationModel,
    ServiceModel,
    UnknownServiceError,
    load_model,
)
from cloudchamber.wire.model.shapes import ErrorTrait, Metadata, Ref, Shape

__all__ = (
    "ErrorTrait",
    "Metadata",
    "OperationModel",
    "Overlay",
    "Ref",
    "ServiceModel",
    "Shape",
    "UnknownServiceError",
    "Validation",
    "load_model",
    "services",
)
