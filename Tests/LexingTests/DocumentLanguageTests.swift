import Platform
import Testing

@testable import Lexing

@Suite struct LanguageFeaturesTests {
  private func keys(_ text: String, _ kind: LanguageFeatures = .files) -> [UInt32] {
    Array(text.utf8).withUnsafeBytes { kind.keys(of: $0) }
  }

  @Test func keysAreDistinctAndAscending() {
    for kind in LanguageFeatures.allCases {
      for text in ["", "\n", "let x = 1\nlet x = 1\n", "\u{FEFF}Grüße, 你好 — ça va ?", "a"] {
        let found = keys(text, kind)
        #expect(zip(found, found.dropFirst()).allSatisfy(<))
      }
    }
  }

  /// What a number is, how deep a line is set in and which interpreter is asked for says nothing.
  @Test func whatSaysNothingIsNoFeature() {
    #expect(keys("x = 12;\n  y") == keys("x = 9999;\n\n\ty"))
    #expect(keys("#!/bin/sh\necho") == keys("#!/usr/bin/perl -w\necho"))
    #expect(keys("x = 12") != keys("x == 12"))
    #expect(keys("Straße!", .paragraphs) == keys("  STRAßE 7", .paragraphs))
  }

  @Test func onlyTheBeginningIsRead() {
    let text = String(repeating: "word ", count: LanguageFeatures.byteLimit / 5 + 1)
    #expect(keys(text + "another") == keys(text))
    // Bytes that are no characters, and one cut in two.
    let bytes: [UInt8] = [0xFF, 0xC3, 0x28, 0xE2, 0x82]
    for kind in LanguageFeatures.allCases { _ = bytes.withUnsafeBytes { kind.keys(of: $0) } }
  }
}

@Suite struct DocumentLanguageTests {
  private func language(_ path: String?, _ text: String) -> DocumentLanguage? {
    library.language(ofDocument: path, text: Array(text.utf8))
  }

  @Test func namesDecideFirst() {
    #expect(language("a/b.py", "#!/bin/sh\n<?php")?.languageID == "python")
    #expect(language("a/b.py", "")?.evidence == .name)
    #expect(language("README", swift)?.languageID == "plaintext")
  }

  @Test(arguments: [
    ("#!/usr/bin/env python3\n", "python"), ("# -*- mode: ruby; coding: utf-8 -*-\n", "ruby"),
    ("\n// -*- C++ -*-\n", "cpp"), (";; -*- emacs-lisp -*-", "lisp"),
    ("# vim: set ft=sh sw=2 :\n", "shellscript"),
    ("x\n" + String(repeating: "word ", count: 200) + "\n# vi:ft=perl", "perl"),
    ("<?xml version='1.0'?>\n<a/>", "xml"), ("<?xml version='1.0'?>\n<!DOCTYPE html>\n<html>", "html"),
    ("\u{FEFF}  <!doctype HTML>\n", "html"), ("<?php echo 1;", "php"), ("diff --git a/x b/x\n", "diff"),
    ("\\documentclass{article}", "latex"),
  ])
  func firstLinesDecideNext(_ text: String, _ expected: String) {
    let found = language(nil, text)
    #expect(found?.languageID == expected)
    #expect(found?.evidence == .firstLines)
  }

  /// What an editor's line names that is no language of ours, or names nothing, is passed over.
  @Test func otherLinesForEditorsSayNothing() {
    for text in [
      "-*-", "-*- -*-", "-*- coding: utf-8 -*-", "vim:", "vim: ft=", "-*- mode: -*-", "# vim: sw=4",
      "-*- nosuch -*-",
    ] {
      #expect(language(nil, text) == nil)
    }
  }

  private let swift = """
    import Foundation

    public struct Pair<First, Second>: Sendable where First: Hashable {
      private let first: First
      var second: Second?

      func map<Result>(_ transform: (First) throws -> Result) rethrows -> Result? {
        guard let second else { return nil }
        return try transform(first)
      }
    }
    """
  private let python = """
    import os
    from collections import defaultdict


    class Store:
        def __init__(self, path):
            self.path = path
            self.counts = defaultdict(int)

        def add(self, name):
            if not os.path.exists(self.path):
                raise ValueError(f"no such folder: {self.path}")
            self.counts[name] += 1
            return None
    """
  private let prose = """
    She had been thinking about the house for some days, and when the letter came at last it told her nothing that she had \
    not known before: that the garden was as it had been, and that nobody would come until the summer was over.
    """

  @Test func contentDecidesLast() {
    #expect(language(nil, swift)?.languageID == "swift")
    #expect(language("nameless", python)?.languageID == "python")
    #expect(language("what.unknown", python)?.evidence == .content)
    #expect(language(nil, prose).map { $0.languageID == "plaintext" } ?? true)
  }

  /// Of a line or two, and of what is nothing, it does not guess.
  @Test func littleIsNotGuessedAt() {
    for text in [
      "", "x = 1\n", "import os", String(repeating: "\u{0}", count: 500), String(repeating: "é", count: 300),
    ] {
      #expect(language(nil, text) == nil)
    }
  }

  @Test func anExtensionOfSeveralLanguagesIsLookedInto() {
    let header = """
      #pragma once
      #include <vector>
      #include <string>

      namespace store {
      template <typename T>
      class Queue : public Base<T> {
       public:
        explicit Queue(std::size_t capacity) : capacity_(capacity) {}
        virtual ~Queue() = default;
        const std::vector<T>& items() const noexcept { return items_; }
       private:
        std::vector<T> items_;
        std::size_t capacity_;
      };
      }  // namespace store
      """
    let plain = """
      #ifndef QUEUE_H
      #define QUEUE_H
      #include <stddef.h>
      struct queue { void **items; size_t count, capacity; };
      extern int queue_push(struct queue *q, void *item);
      void queue_free(struct queue *q);
      #endif
      """
    #expect(language("queue.h", header)?.languageID == "cpp")
    #expect(language("queue.h", plain)?.languageID == "c")
    #expect(language("queue.h", "")?.languageID == "c")
    #expect(language("queue.c", header)?.languageID == "c")
    #expect(library.isAmbiguous("a/b.h") && !library.isAmbiguous("h") && !library.isAmbiguous("a.h/b.swift"))
  }

  @Test(arguments: [
    (
      "de",
      "Diese Option legt fest, wie viele Zeilen am Anfang der Datei übersprungen werden, bevor die Ausgabe beginnt und geschrieben wird."
    ),
    (
      "fr",
      "Cette option indique le nombre de lignes qui seront ignorées au début du fichier avant que la sortie ne soit écrite."
    ),
    (
      "ru",
      "Этот параметр задаёт количество строк, которые будут пропущены в начале файла, прежде чем начнётся вывод результата на экран."
    ),
    (
      "en",
      "The program reads the file and writes what it has found to the standard output, unless another place was named with this option."
    ),
  ])
  func naturalLanguagesAreTold(_ expected: String, _ text: String) {
    let found = Array(text.utf8).withUnsafeBytes { library.naturalLanguage(of: $0) }
    #expect(found?.languageID == expected)
  }

  /// Without the files that tell languages, and with damaged ones, names and first lines decide, and nothing else.
  @Test func withoutClassifiersNothingIsGuessed() throws {
    let folder = "/tmp/inkling-languages-\(getpid())"
    try createDirectories(folder)
    defer { removeTree(folder) }
    try writeFileAtomically(
      folder + "/python.json", try readFile(grammarsDirectory + "/python.json"))
    for damaged in [nil, Array("INKHCLS1 nothing".utf8)] as [[UInt8]?] {
      if let damaged { try writeFileAtomically(folder + "/" + ContentClassifiers.filesName, damaged) }
      let bare = try GrammarLibrary(directories: [folder])
      #expect(bare.language(ofDocument: nil, text: Array(python.utf8)) == nil)
      #expect(bare.language(ofDocument: "a.py", text: [])?.languageID == "python")
      #expect(bare.ranked(UnsafeRawBufferPointer(start: nil, count: 0), .files).isEmpty)
    }
  }
}
