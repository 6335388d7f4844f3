// swift-tools-version: 6.1
import PackageDescription

let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
]

/// What the C library checks of its callers at run time, where the compiler knows how large their buffers are.
let cSettings: [CSetting] = [.define("_FORTIFY_SOURCE", to: "2", .when(configuration: .release))]
/// The same for C++.
let cxxSettings: [CXXSetting] = [.define("_FORTIFY_SOURCE", to: "2", .when(configuration: .release))]

let package = Package(
  name: "inkling",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "inkling", targets: ["inkling"]),
    .executable(name: "inkling-train", targets: ["inkling-train"]),
    // Each with the modules whose types its own mention, so that who depends on it can import them.
    .library(name: "Lexing", targets: ["Lexing", "Platform"]),
    .library(name: "Corpora", targets: ["Corpora", "Lexing", "Platform"]),
    .library(name: "NGrams", targets: ["NGrams", "LanguageModeling", "Platform"]),
    .library(name: "Neural", targets: ["Neural", "LanguageModeling", "Platform"]),
    .library(name: "NeuralTraining", targets: ["NeuralTraining", "Neural", "LanguageModeling", "Platform"]),
    .library(
      name: "Classification", targets: ["Classification", "LanguageModeling", "Neural", "Platform"]),
    .library(name: "Prediction", targets: ["Prediction", "Lexing", "LanguageModeling", "Platform"]),
    .library(
      name: "ModelBuilding",
      targets: [
        "ModelBuilding", "Corpora", "LanguageModeling", "NGrams", "Neural", "NeuralTraining", "Platform",
        "Tagging", "Transduction",
      ]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
  ],
  targets: [
    .systemLibrary(
      name: "CRapidJSON", pkgConfig: "RapidJSON",
      providers: [.apt(["rapidjson-dev"]), .brew(["rapidjson"])]),
    .target(name: "CJSONEvents", dependencies: ["CRapidJSON"], cxxSettings: cxxSettings),
    .target(name: "CKernels", cSettings: cSettings),
    .target(name: "CMPI", cSettings: cSettings),
    .target(name: "COneDNN", cSettings: cSettings),
    .target(
      name: "CTrainingKernels",
      exclude: [
        "functions.inc", "kernels.inc", "layers.inc", "optimizers.inc", "recurrent.inc", "softmax.inc",
      ], cSettings: cSettings),

    .target(name: "CSystem", cSettings: cSettings),
    .target(name: "Platform", dependencies: ["CSystem"], swiftSettings: swiftSettings),
    .target(name: "JSON", dependencies: ["CJSONEvents"], swiftSettings: swiftSettings),
    .target(
      name: "Console",
      dependencies: ["JSON", "Platform", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      swiftSettings: swiftSettings),
    .target(name: "Lexing", dependencies: ["JSON", "Platform"], swiftSettings: swiftSettings),
    .target(name: "Privacy", dependencies: ["JSON", "Lexing", "Platform"], swiftSettings: swiftSettings),
    .target(name: "Corpora", dependencies: ["Lexing", "Platform", "Privacy"], swiftSettings: swiftSettings),
    .target(
      name: "LanguageModeling", dependencies: ["CSystem", "JSON", "Platform"], swiftSettings: swiftSettings),
    .target(
      name: "NGrams", dependencies: ["CSystem", "LanguageModeling", "Platform"], swiftSettings: swiftSettings),
    .target(
      name: "Neural", dependencies: ["CKernels", "LanguageModeling", "Platform", "JSON"],
      swiftSettings: swiftSettings),
    .target(
      name: "Tagging", dependencies: ["JSON", "LanguageModeling", "Lexing", "Neural", "Platform"],
      swiftSettings: swiftSettings),
    .target(
      name: "Transduction", dependencies: ["JSON", "LanguageModeling", "Neural", "Platform"],
      swiftSettings: swiftSettings),
    .target(
      name: "NeuralTraining",
      dependencies: [
        "CMPI", "COneDNN", "CTrainingKernels", "Neural", "Tagging", "LanguageModeling", "Platform", "JSON",
      ],
      swiftSettings: swiftSettings),
    .target(
      name: "Prediction",
      dependencies: [
        "Lexing", "LanguageModeling", "NGrams", "Neural", "JSON", "Platform", "Privacy", "CSystem",
      ],
      swiftSettings: swiftSettings),
    .target(
      name: "Classification",
      dependencies: ["JSON", "LanguageModeling", "Lexing", "Neural", "Platform", "Privacy"],
      swiftSettings: swiftSettings),
    .target(name: "LanguageServerProtocol", dependencies: ["JSON"], swiftSettings: swiftSettings),
    .target(
      name: "ModelBuilding",
      dependencies: [
        "Classification", "Corpora", "JSON", "LanguageModeling", "Lexing", "NGrams", "Neural",
        "NeuralTraining", "Platform", "Prediction", "Privacy", "Tagging", "Transduction",
      ],
      swiftSettings: swiftSettings),
    .target(
      name: "LanguageServer",
      dependencies: [
        "CSystem", "Classification", "Corpora", "JSON", "LanguageModeling", "LanguageServerProtocol",
        "Lexing", "Platform", "Prediction", "Privacy", "Tagging",
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "HeapModule", package: "swift-collections"),
      ],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "inkling",
      dependencies: [
        "Classification", "Console", "Corpora", "LanguageServer", "LanguageServerProtocol", "Prediction",
        "Lexing",
        "JSON",
        "Platform", "Privacy",
        "LanguageModeling", "NGrams",
        "Neural", "Tagging", "Transduction",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "inkling-train",
      dependencies: [
        "Console", "Corpora", "JSON", "LanguageModeling", "Lexing", "ModelBuilding", "NGrams", "Neural",
        "NeuralTraining", "Platform", "Tagging", "Transduction",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: swiftSettings),

    .executableTarget(
      name: "step-benchmark",
      dependencies: [
        "Neural", "LanguageModeling", "JSON", "Platform",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Benchmarks/Step", swiftSettings: swiftSettings),

    .testTarget(name: "PlatformTests", dependencies: ["Platform"], swiftSettings: swiftSettings),
    .testTarget(name: "JSONTests", dependencies: ["JSON", "Platform"], swiftSettings: swiftSettings),
    .testTarget(name: "ConsoleTests", dependencies: ["Console"], swiftSettings: swiftSettings),
    .testTarget(name: "LexingTests", dependencies: ["Lexing", "Platform"], swiftSettings: swiftSettings),
    .testTarget(
      name: "PrivacyTests", dependencies: ["Privacy", "JSON", "Lexing", "Platform"],
      swiftSettings: swiftSettings),
    .testTarget(name: "CorporaTests", dependencies: ["Corpora", "Platform"], swiftSettings: swiftSettings),
    .testTarget(
      name: "LanguageModelingTests", dependencies: ["LanguageModeling", "JSON", "Platform"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "NGramsTests", dependencies: ["NGrams", "LanguageModeling", "Platform"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "NeuralTests", dependencies: ["Neural", "CKernels", "JSON", "LanguageModeling", "Platform"],
      exclude: ["Golden"], swiftSettings: swiftSettings),
    .testTarget(
      name: "TaggingTests", dependencies: ["Tagging", "LanguageModeling", "Lexing", "Platform"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "NeuralTrainingTests",
      dependencies: [
        "NeuralTraining", "Neural", "Tagging", "CTrainingKernels", "JSON", "LanguageModeling", "Platform",
      ],
      exclude: ["Golden"], swiftSettings: swiftSettings),
    .testTarget(
      name: "PredictionTests",
      dependencies: ["Prediction", "Neural", "LanguageModeling", "Platform", "Privacy"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "ClassificationTests",
      dependencies: ["Classification", "JSON", "LanguageModeling", "Neural", "Platform", "Privacy"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "ModelBuildingTests",
      dependencies: [
        "Classification", "Corpora", "LanguageModeling", "ModelBuilding", "NGrams", "Neural",
        "NeuralTraining", "Platform", "Prediction", "Privacy", "Tagging", "Transduction",
      ],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "LanguageServerTests",
      dependencies: ["LanguageServer", "LanguageServerProtocol", "JSON", "Lexing", "Platform", "Prediction"],
      exclude: ["Golden"],
      swiftSettings: swiftSettings),
  ]
)

// `scripts/fuzz` builds this, with sanitizers; without them it would not link.
if Context.environment["INKLING_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "JSON", "LanguageModeling", "LanguageServerProtocol", "Lexing", "ModelBuilding", "NGrams", "Neural",
        "NeuralTraining", "Platform", "Prediction",
      ],
      path: "Fuzz/Sources", swiftSettings: swiftSettings))
}
