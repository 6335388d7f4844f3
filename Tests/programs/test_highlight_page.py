"""The page of inkling highlight --format html."""

import html.parser
import re

import pytest

SLIP = "The old sailor saw the moon at night.\r\n\nMy sister pianted the moon in the garden.\n\tThe clock  <b>&\n"


class Reader(html.parser.HTMLParser):
    """Text of `<pre>`, links, identifiers and elements that are not closed."""

    EMPTY = {"meta", "br", "link", "img"}

    def __init__(self):
        super().__init__()
        self.text, self.depth, self.links, self.identifiers, self.open, self.tags = "", 0, [], [], [], set()

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.add(tag)
        self.depth += tag == "pre"
        if tag not in self.EMPTY:
            self.open.append(tag)
        if tag == "a":
            self.links.append(attributes["href"])
        if "id" in attributes:
            self.identifiers.append(attributes["id"])

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        self.depth -= tag == "pre"

    def handle_data(self, data):
        if self.depth:
            self.text += data


@pytest.fixture
def page(programs, prose_model, tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(SLIP.encode())
    answer = programs.inkling("highlight", "--model", prose_model, "--format", "html", path, path)
    return answer.stdout.decode()


def test_the_page_holds_the_text_and_leads_from_marks_to_notes_and_back(page):
    reader = Reader()
    reader.feed(page)
    assert not reader.open
    assert reader.text == SLIP.replace("\r\n", "\n") * 2
    assert len(set(reader.identifiers)) == len(reader.identifiers)
    assert all(link[0] == "#" and link[1:] in reader.identifiers for link in reader.links)
    # To the note by the mark, to the mark by the note, and back from where the note is shown.
    assert reader.links.count("#f1n1") == 1 and reader.links.count("#f1m1") == 2 and reader.links.count("#f2m1") == 2
    assert "&quot;pianted&quot; is probably &quot;painted&quot;" in page
    assert "2 files" in page and "2 marks" in page and "0.5 false marks per 1,000 tokens" in page


def test_the_page_loads_nothing_and_wraps(page):
    reader = Reader()
    reader.feed(page)
    assert not reader.tags & {"script", "link", "img", "iframe", "object"}
    assert not re.search(r"url\(|@import|https?:|\son\w+=", page)
    assert '<meta name="viewport" content="width=device-width' in page
    assert "white-space: pre-wrap; overflow-wrap: anywhere" in page


def test_each_line_is_a_block(page):
    pre = page[page.index("<pre>") : page.index("</pre>")]
    assert pre.count('<span class="l">') == 4


def luminance(color):
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    lighter, darker = sorted([luminance(one), luminance(other)], reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrasts_are_those_of_wcag_aa_in_light_and_dark(page):
    light, dark = page.split("@media (prefers-color-scheme: dark)")
    for style in [light, dark]:
        colors = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", style))
        assert set(colors) >= {"text", "page", "quiet", "link", "sheet", "wave", *(f"h{step}" for step in range(8))}
        for step in range(8):
            assert contrast(colors["text"], colors[f"h{step}"]) >= 4.5, step
        for text in ["text", "quiet", "link"]:
            for ground in ["page", "sheet"]:
                assert contrast(colors[text], colors[ground]) >= 4.5, (text, ground)
        # What says that something is marked, or has the focus, is no text: 3 is enough.
        assert contrast(colors["wave"], colors["page"]) >= 3 and contrast(colors["link"], colors["h7"]) >= 2
        # Steps can be told apart by their lightness too.
        lights = [luminance(colors[f"h{step}"]) for step in range(8)]
        assert lights == sorted(lights, reverse=style is light)


def test_steps_are_the_texts_own(programs, prose_model, prose):
    path = sorted(prose.iterdir())[0]
    page = programs.inkling("highlight", "--model", prose_model, "--format", "html", path).stdout.decode()
    scale = page[page.index('<ul class="scale"') :]
    scale = scale[: scale.index("</ul>")]
    bounds = [tuple(map(float, pair)) for pair in re.findall(r">([\d.]+)–([\d.]+)</li>", scale)]
    assert len(bounds) >= 5 and all(upper == lower for (_, upper), (lower, _) in zip(bounds, bounds[1:]))
    text = page[page.index("<pre>") : page.index("</pre>")]
    coloured = len(re.findall(r'class="h[1-7]"', text))
    assert 0.3 < coloured / len(path.read_text().replace(".", " .").split()) < 0.6
