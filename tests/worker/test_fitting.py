"""How much is done at once follows the time that it took."""

from node.worker.fitting import Fitting


def test_it_grows_twofold_at_most_and_shrinks_at_once() -> None:
    page = Fitting(50, 1000, 0.02, first=200)
    assert page.count == 200
    page.took(0.001)
    assert page.count == 400, "one fast time proves little"
    page.took(0.0)
    assert page.count == 800
    page.took(0.02)
    assert page.count == 800
    page.took(0.08)
    assert page.count == 200, "a slow disk holds up everybody"
    page.took(60.0)
    assert page.count == 50
    for _ in range(9):
        page.took(0.001)
    assert page.count == 1000


def test_it_begins_small() -> None:
    assert Fitting(8, 400, 0.02).count == 8
