"""Which language the name of a file says, where that can be relied upon: for the recipe beside this."""
import json
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))

# Languages for which there is no grammar: what is none of ours must be told, too.
OTHERS = {
    "awk": "awk", "bat": "bat cmd", "bison": "y yy", "flex": "l ll lex", "coffeescript": "coffee", "cobol": "cob cbl",
    "d": "d", "matlab": "m", "mercury": "", "nim": "nim", "prolog": "pl pro", "verilog": "v", "systemverilog": "sv svh",
    "vhdl": "vhd vhdl", "roff": "1 2 3 5 7 8 man mdoc", "m4": "m4 ac", "gettext": "po", "postscript": "ps eps", "qml": "qml",
    "vala": "vala", "glsl": "glsl vert frag", "texinfo": "texi texinfo", "crystal": "cr", "raku": "raku rakumod p6 pm6 rakutest",
    "haml": "haml", "pug": "pug jade", "puppet": "pp", "terraform": "tf hcl", "smalltalk": "st", "sml": "sml", "coq": "v",
    "elm": "elm", "haxe": "hx", "stylus": "styl", "eruby": "erb", "handlebars": "hbs handlebars", "gherkin": "feature",
    "jinja": "j2 jinja2", "forth": "fs fth 4th", "eiffel": "e", "dot": "dot gv", "gnuplot": "gp gnuplot plt", "lilypond": "ly ily",
    "openscad": "scad", "povray": "pov", "rpmspec": "spec", "devicetree": "dts dtsi", "antlr": "g4 g", "thrift": "thrift",
    "fortran": "f", "llvm": "ll", "meson": "", "debian": "", "agda": "agda", "idris": "idr",
    "gdscript": "gd", "actionscript": "as", "supercollider": "scd", "wgsl": "wgsl", "hlsl": "hlsl", "elvish": "elv", "fish": "fish",
    "subtitles": "srt", "svelte": "", "applescript": "applescript", "autohotkey": "ahk", "visualbasic": "vb bas vbs",
}
OTHER_NAMES = {
    "meson": ["meson.build", "meson_options.txt"], "debian": ["control"],
    # What autoconf reads.
    "m4": ["configure.in"],
}
# The content, read by its beginning, says more than the name; a language needs its pattern, None is taken where no other is.
PATTERNS = {
    "objective-c": r"^\s*(@interface|@implementation|@protocol|@class|#import\b|#include\b)", "matlab": r"^\s*(%|function\b|endfunction|##|if\b|for\b)",
    "prolog": r"^\s*:-|^[a-z]\w*\(.*\)?\s*:-", "perl": r"^\s*(use|my|sub|package|our|require|print|=head1|=pod)\b",
    "verilog": r"^\s*(module|`timescale|`include|`define|primitive|endmodule)\b", "coq": r"^\s*(Require|From|Lemma|Theorem|Definition|Inductive|Section|Module)\b",
    "puppet": r"^\s*(class|define|node|include)\b.*", "pascal": r"(?i)^\s*(unit|program|library|procedure|function|uses|begin|object|inherited)\b",
    "fsharp": r"^\s*(module|namespace|open|let|type|#r|#load)\b", "forth": r"^\s*(:|\\) ", "d": r"^\s*(module|import|private import|public import)\s.*;",
    "xml": r"\A\s*<", "typescript": r"^\s*(import|export|const|let|function|interface|declare|class|type|enum|describe|var|namespace)\b",
    "lisp": r"^\s*[(;]", "eiffel": r"^\s*(class|deferred class|feature|note|indexing|expanded class)\b",
    "ini": r"^\s*(\[[^\]]+\]|[\w.-]+\s*[=:])", "flex": r"^%%", "bison": r"^%%", "llvm": r"^(define|declare|target|;|@|%)", "smalltalk": r"!|^\s*\w+\s*:=|\[.*\]",
    "asm": r"(?im)^\s+(\.?(text|data|globa?l|section|org|byte|word|align)|mov\w*|push|ldr|lda|add[lqi]?|jmp|call|ret|bl|cglobal|include|macro)\b",
    "sql": r"(?i)\b(select|create|insert|update|alter|drop|set|delete|grant|begin|copy)\b", "roff": r"^[.']\\?\w*", "debian": r"^(Source|Package): ",
    "actionscript": r"^\s*(package|import|class|function|public)\b", "antlr": r"^\s*(lexer |parser |tree )?grammar\b", "visualbasic": r"(?i)\b(sub|dim|function|module|end if)\b",
    "erlang": r"^-\w+\(|^\{|^[a-z]\w*\(", "r": r"<-|function\(|library\(|= ", "postscript": r"\A%!|^\d*/\w+",
    "gdscript": r"^(extends|func|var|tool|class_name)\b", "systemverilog": r"^\s*(module|interface|package|class|`|import)",
    "solidity": r"\b(pragma solidity|contract|library|interface)\b", "rust": r"[;{}]", "vue": r"<(template|script|style)",
}
# Where a name may be of two, the first whose pattern fits.
AMBIGUOUS = {
    "m": ["objective-c", "matlab"], "pl": ["prolog", "perl"], "pro": ["prolog"], "t": ["perl"], "v": ["coq", "verilog"], "pp": ["pascal", "puppet"],
    "fs": ["forth", "fsharp"], "ts": ["xml", "typescript"], "d": ["d"], "cl": ["lisp"], "l": ["flex"], "ll": ["llvm", "flex"], "e": ["eiffel"], "g": ["antlr"],
    "conf": ["ini"], "cfg": ["ini"],
}
UNRELIABLE = {"inc", "asc", "ss", "sc", "cls", "ru", "builder", "for", "cnf", "rest", "command", "text", "props", "ui", "ipynb", "cake", "S-none"}
# Files that tools wrote into many packages, or that packages copy from each other.
COPIED = re.compile(
    r"(?i)(^|/)(configure(\.in)?~?|aclocal\.m4|ltmain\.sh|libtool\.m4|lt\w*\.m4|config\.(guess|sub|rpath)|makefile\.in(\.in)?|install-sh|missing|depcomp|"
    r"compile|ylwrap|mkinstalldirs|test-driver|package-lock\.json|gnulib\w*\.m4|(jquery|bootstrap|underscore|prototype|modernizr|require)[\w.-]*\.(js|css)|"
    r"[^/]*[.-]min\.\w+|copying[^/]*|licen[cs]e[^/]*|cargo\.lock|yarn\.lock|\.cargo-checksum\.json|texinfo\.tex)$"
    r"|/(node_modules|third_?party|vendor|\.pc|bundled|gnulib|m4)/")
PROSE = re.compile(r"(?i)^(readme|news|authors|changes|changelog|todo|install|hacking|bugs|thanks)(\.txt)?$")


def _tables():
    with open(os.path.join(HERE, "..", "..", "grammars", "index.json"), encoding="utf-8") as file:
        grammars = json.load(file).values()
    extensions, names = {}, {}
    # Two languages in one file name, or one within the other: what they are is told from their neighbours.
    merged = {"jsonc": "json"}
    for grammar in grammars:
        language = merged.get(grammar["languageId"], grammar["languageId"])
        for extension in grammar.get("extensions", []):
            extensions.setdefault(extension, [language])
        for name in grammar.get("fileNames", []):
            names[name] = [language]
    for language, words in OTHERS.items():
        for extension in words.split():
            extensions.setdefault(extension, []).append(language)
    for language, list_of_names in OTHER_NAMES.items():
        for name in list_of_names:
            names[name] = [language]
    extensions.update(AMBIGUOUS)
    return {key: value for key, value in extensions.items() if key not in UNRELIABLE}, names


EXTENSIONS, NAMES = _tables()


def candidates(path):
    """The languages that a file may be in by its name; None for none, and for what is copied about."""
    if COPIED.search("/" + path):
        return None
    name = path.rsplit("/", 1)[-1]
    if PROSE.match(name):
        return ["plaintext"]
    if name in NAMES:
        return NAMES[name] if NAMES[name] != ["plaintext"] else None
    rest = name
    while "." in rest:
        rest = rest.partition(".")[2]
        found = EXTENSIONS.get(rest) or (EXTENSIONS.get(rest.lower()) if rest != "H" else None)
        if found:
            return found
    return None


def text(content):
    """The text of a file's bytes; None where it is no text."""
    if b"\0" in content[:8192]:
        return None
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return content.decode("latin-1").replace("\r\n", "\n")


def language(languages, path, content):
    """Which of the languages that a name may mean the content is in; None where it looks like none."""
    head = content[:16_384]
    lines = head.count("\n") + 1
    if len(head) / lines > 300:
        return None
    if re.search(r"(?i)generated (by|from|automatically)|do not edit|@generated|auto-?generated", content[:600]):
        return None
    for language in languages:
        pattern = PATTERNS.get(language)
        if pattern is None or re.search(pattern, head, re.MULTILINE):
            return language
    return None


def settled(kept, suffixes):
    """Languages and their files of a package, where headers are of the language that the files beside them are in."""
    result = {language: list(group) for language, group in kept.items()}
    headers = [entry for entry in result.get("c", []) if entry[1].endswith(".h")]
    if headers:
        counts = {
            "c": suffixes[".c"], "cpp": suffixes[".cc"] + suffixes[".cpp"] + suffixes[".cxx"],
            "objective-c": suffixes[".m"],
        }
        for entry in headers:
            content = entry[2]
            if re.search(r"^\s*(@interface|@protocol|#import|@class)\b", content, re.MULTILINE):
                language = "objective-c"
            elif re.search(r"^\s*(template\s*<|class \w+|namespace\b|public:|using )", content, re.MULTILINE):
                language = "cpp"
            elif counts["c"] > 3 * (counts["cpp"] + counts["objective-c"]):
                language = "c"
            else:
                language = None
            if language != "c":
                result["c"].remove(entry)
                if language:
                    result.setdefault(language, []).append(entry)
    return {language: group for language, group in result.items() if group}
