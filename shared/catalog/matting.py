"""The network that finds alpha in the band that a trimap leaves open."""

from shared.catalog.card import ModelCard, WeightSource

MATTING = (
    ModelCard(
        name="fba-matting",
        task="matte",
        family="fba",
        arch="fba_matting",
        sources=(
            WeightSource(
                "hf",
                "Carve/fba@a5d3457df0fb9c88ea19ed700d409756ca2069d1",
                "",
                "pth",
                member="fba_matting.pth",
                published="sha512:890906ec94c1bfd2ad08707a63e4ccb0955d7f5d25e32853950c24c784cbad2e"
                "59be277999defc3754905d0f15aa75702cdead3cfe669ff72f08811c52971613",
            ),
            WeightSource("file", "FBA.pth", "", "pth"),  # upstream's is on Google Drive only
        ),
        license="Adobe Deep Image Matting dataset agreement",
        commercial_use=False,
        input_size=None,
        good_for="Hair and fur, as `refine.method: fba`; its authors allow non-commercial use only.",
        parameters_million=34.7,
        memory_megabytes=1800,
    ),
)
