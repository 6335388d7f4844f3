"""Text out of the formats that documentation comes in."""
import gettext
import gzip
import html.parser
import io
import os
import re

CODES = set("""ar bg bn ca cs da de dz el en eo es et eu fa fi fr gl gu he hi hr hu id is it ja ka km kn ko lt lv mk ml mr
nb ne nl nn om or pa pl pt ro ru si sk sl sq sr sv ta te tg th tr ug uk vi zh""".split())
BLOCKS = set("""p div li dt dd h1 h2 h3 h4 h5 h6 td th tr br title table ul ol dl section article blockquote caption page
item note""".split())
PASSED_OVER = set("script style pre nav head screen code-block media footer programlisting".split())
IDEOGRAPH = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def is_of_language(path, package, language):
    """Whether a path says that its text is of the language, or says nothing and the package does."""
    marks = set()
    for part in path.split("/")[:-1]:
        if part == "C" and "help" in path:
            marks.add("en")
        elif re.fullmatch(r"[a-z]{2}([-_@][A-Za-z]+)?", part) and part[:2] in CODES:
            marks.add(part if language == "zh" else part[:2])
    for part in path.split("/")[-1].split(".")[1:]:
        if re.fullmatch(r"[a-z]{2}([-_][A-Za-z]+)?", part) and part[:2] in CODES:
            marks.add(part if language == "zh" else part[:2])
    if language == "zh":
        simplified = {"zh", "zh_CN", "zh-CN", "zh-cn"}
        return bool(marks & simplified) or not marks and re.search("-zh(-cn)?$", package) is not None
    if marks:
        return language in marks
    return language == "en" or package.endswith("-" + language)


def texts(path, read, formats):
    """The texts that a file holds, as far as its format is one of those that are wanted."""
    name = path[:-3] if path.endswith(".gz") else path
    kind = kind_of(name)
    if kind is None or kind not in formats and not (kind == "source" and "script" in formats):
        return
    data = read()
    if path.endswith(".gz"):
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError):
            return
    if kind == "catalogue":
        yield catalogue(data)
        return
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return
    if "\0" in text:
        return
    if kind == "source":
        if "script" in formats and not is_script(path, text):
            return
        yield text
    else:
        yield paragraphs({"html": markup, "mallard": markup, "pod": pod, "man": man, "fortune": fortune}.get(
            kind, unwrapped)(text))


def kind_of(name):
    extension = os.path.splitext(name)[1]
    if "/LC_MESSAGES/" in name:
        return "catalogue" if extension == ".mo" else None
    if "games/fortunes/" in name:
        return "fortune" if extension in ("", ".u8") else None
    if "/man/" in name and re.fullmatch(r"\.\d\w*", extension):
        return "man"
    return {".html": "html", ".htm": "html", ".xhtml": "html", ".page": "mallard", ".pod": "pod",
            ".txt": "text"}.get(extension, "source")


def is_script(path, text):
    first = text.split("\n", 1)[0]
    if first.startswith("#!"):
        return re.search(r"\b(ba|da|z|k)?sh\b", first) is not None
    return re.search(r"(\.(sh|bash|zsh)$)|completions/|/functions/", path) is not None


class Markup(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.parts, self.passed_over = [], 0

    def handle_starttag(self, tag, attributes):
        if tag in PASSED_OVER:
            self.passed_over += 1
        elif tag in BLOCKS:
            self.parts.append("\n\n")

    def handle_endtag(self, tag):
        if tag in PASSED_OVER:
            self.passed_over = max(0, self.passed_over - 1)
        elif tag in BLOCKS:
            self.parts.append("\n\n")

    def handle_data(self, data):
        if not self.passed_over:
            self.parts.append(data)


def markup(text):
    parser = Markup()
    parser.feed(text)
    return unwrapped("".join(parser.parts))


def unwrapped(text):
    """Paragraphs without their line ends; what is indented is code."""
    for block in re.split(r"\n[ \t]*\n", text):
        yield " ".join(block.split())


def pod(text):
    for block in re.split(r"\n[ \t]*\n", text):
        if block[:1] in ("=", " ", "\t", ""):
            continue
        yield re.sub(r"[A-Z]<+ ?([^<>|]*?) ?(\|[^<>]*)?>+", r"\1", " ".join(block.split()))


def man(text):
    block = []
    for line in text.split("\n"):
        if re.match(r"\.(PP|P|SH|SS|TP|IP|sp|LP|HP|nf|fi|RS|RE|br|TH)\b", line) or not line.strip():
            yield " ".join(" ".join(block).split())
            block = []
        elif line.startswith((".", "'")):
            macro = re.match(r"\.(B|I|BR|IR|RB|RI|BI|IB)\s+(.*)", line)
            if macro:
                block.append(macro.group(2).replace('"', ""))
        else:
            block.append(line)
    yield " ".join(" ".join(block).split())


def fortune(text):
    for block in re.split(r"\n%+\n", text):
        yield " ".join(block.split())


def catalogue(data):
    try:
        known = gettext.GNUTranslations(io.BytesIO(data))._catalog
    except (OSError, UnicodeDecodeError, ValueError):
        return ""
    return paragraphs(
        re.sub(r"[_&](?=\w)", "", text) for key, text in known.items() if key and isinstance(text, str))


def paragraphs(blocks):
    """The paragraphs that are sentences rather than labels, a line each."""
    kept = []
    for block in blocks:
        block = re.sub(r"\\(f[BIRP]|&|-|\(..|\[[^\]]*\])", lambda m: "-" if m.group(1) == "-" else "", block)
        words = len(block.split())
        if words >= 5 or len(IDEOGRAPH.findall(block)) >= 8 and words >= 1:
            kept.append(block)
    return "\n".join(kept) + "\n" if kept else ""
