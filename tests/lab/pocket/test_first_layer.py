from __future__ import annotations

import torch

from deepvis_app.lab.pocket.first_layer import BACKGROUND, first_layer_picture


def test_each_unit_has_its_own_contrast_and_place() -> None:
    weight = torch.zeros(3, 3, 2, 2)
    weight[1, 0, 0, 1] = 5.0
    weight[2, 2, 1, 0] = -0.1
    picture = first_layer_picture(weight, columns=2, enlarge=3)
    assert picture.shape == (4 + 2 * 10, 4 + 2 * 10, 3)
    assert (picture[0] == BACKGROUND).all()
    assert (picture[4:10, 4:10] == 128).all()  # all zero: grey
    second = picture[4:10, 14:20]
    assert (second[:3, 3:] == (255, 128, 128)).all()
    assert (second[3:] == 128).all()
    third = picture[14:20, 4:10]
    assert (third[3:, :3] == (128, 128, 0)).all()
    assert (picture[14:20, 14:20] == BACKGROUND).all()
