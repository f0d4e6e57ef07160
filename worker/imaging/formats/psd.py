"""Photoshop's format: the subject as a layer whose mask can be painted on."""

import io

import cv2
from PIL import Image
from psd_tools import PSDImage
from psd_tools.constants import Resource
from psd_tools.psd.image_resources import ImageResource

from shared.spec.output import OutputSpec
from worker.imaging.composite import WHITE, flatten
from worker.imaging.picture import Picture
from worker.imaging.types import Cutout
from worker.imaging.writing import Tags

CONTENT_TYPE = "image/vnd.adobe.photoshop"
EXTENSION = "psd"
MAX_SIDE_PX = 30_000  # more is a PSB


def write(picture: Picture, tags: Tags, spec: OutputSpec) -> memoryview:
    """One layer `Subject` with its alpha as mask; viewers that know no layers show it on white."""
    pixels = picture.whole()
    rgb, alpha = cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGB), cv2.extractChannel(pixels, 3)
    document = PSDImage.frompil(Image.fromarray(flatten(Cutout.of(rgb, alpha), WHITE)))
    layer = document.create_pixel_layer(Image.fromarray(rgb), name="Subject")
    layer.create_mask(Image.fromarray(alpha))
    for resource, data in ((Resource.ICC_PROFILE, tags.icc_profile), (Resource.EXIF_DATA_1, tags.exif)):
        if data:
            document.image_resources[resource] = ImageResource(key=resource, data=data)
    stream = io.BytesIO()
    # Not `save`: it would put the layers together once more, in floats (12 MP: 2 s for half of one).
    document._record.write(stream)
    return stream.getbuffer()
