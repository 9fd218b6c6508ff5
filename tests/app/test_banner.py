from app.widgets.banner import Banner


def test_what_is_no_longer_so_is_taken_back_and_the_rest_stays(qtbot):
    banner = Banner()
    qtbot.addWidget(banner)
    banner.show_notice("A training broke off.", about="run")
    banner.show_notice("Something else.")
    banner.take_back("run")
    assert [strip.text for strip in banner.strips] == ["Something else."]
