import Platform
import Testing

@testable import Prediction

/// A person's folder of models, made for a test.
private struct DataFolder: ~Copyable {
  let path = "/tmp/inkling-layer-tests-\(getpid())-\(UInt64.random(in: 0 ... .max))"
  var models: String { path + "/inkling/models" }

  func add(_ names: String...) throws {
    for name in names {
      try createDirectories(models + "/" + name)
      try writeFileAtomically(models + "/\(name)/model.json", Array("{}".utf8))
      if name != "tagger" { try writeFileAtomically(models + "/\(name)/ngrams.bin", []) }
    }
  }

  func find(_ languageID: String, isProse: Bool, model: String? = "/project/model", session: String = "C")
    -> LayerLocator.Found
  {
    LayerLocator.locate(
      LayerLocator.Request(languageID: languageID, isProse: isProse), modelPath: model
    ) { ["XDG_DATA_HOME": path, "LANG": session][$0] }
  }

  deinit { removeTree(path) }
}

@Suite struct LayerLocatorTests {
  @Test func findsThePersonsModelsAndThoseOfTheLanguage() throws {
    let folder = DataFolder()
    try folder.add("work", "default", "tagger", "base/python", "base/en", "base/de", "base/shell")
    let found = folder.find("python", isProse: false)
    #expect(found.modelPath == "/project/model")
    #expect(found.layers.map(\.name) == ["default", "work", "python"])
    #expect(found.layers.map(\.kind) == [.person, .person, .base])
    #expect(folder.find("shellscript", isProse: false).layers.last?.name == "shell")
    #expect(folder.find("haskell", isProse: false).layers.map(\.name) == ["default", "work"])
  }

  /// Prose is in any of the natural languages: that of the session is asked first.
  @Test func fallsBackOnNaturalLanguagesForProse() throws {
    let folder = DataFolder()
    try folder.add("base/en", "base/de", "base/markdown")
    #expect(folder.find("markdown", isProse: true).layers.map(\.name) == ["markdown", "en", "de"])
    #expect(
      folder.find("plaintext", isProse: true, session: "de_DE.UTF-8").layers.map(\.name) == ["de", "en"])
  }

  /// Without a model of its own a document has the first layer for one; a model is never below itself.
  @Test func makesTheFirstLayerTheModelWhereThereIsNone() throws {
    let folder = DataFolder()
    try folder.add("base/python")
    let found = folder.find("python", isProse: false, model: nil)
    #expect(found.modelPath == folder.models + "/base/python")
    #expect(found.layers.isEmpty)
    try folder.add("default")
    let own = folder.find("python", isProse: false, model: folder.models + "/default")
    #expect(own.layers.map(\.name) == ["python"])
    #expect(folder.find("haskell", isProse: false, model: nil).layers.isEmpty)
  }
}
