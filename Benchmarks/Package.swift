// swift-tools-version: 6.1
import PackageDescription

// Programs that time parts of Inkling on files that you name. README.md says how each is run, and beside what.
let settings: [SwiftSetting] = [.swiftLanguageMode(.v6)]
let package = Package(
  name: "inkling-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "inkling", path: "..")],
  targets: [
    .target(name: "Timing", swiftSettings: settings),
    .executableTarget(
      name: "lexing-speed", dependencies: ["Timing", .product(name: "Lexing", package: "inkling")],
      swiftSettings: settings),
    .executableTarget(
      name: "ngram-speed", dependencies: ["Timing", .product(name: "NGrams", package: "inkling")],
      swiftSettings: settings),
    .executableTarget(
      name: "document-speed", dependencies: ["Timing", .product(name: "Prediction", package: "inkling")],
      swiftSettings: settings),
    .executableTarget(
      name: "slips", dependencies: ["Timing", .product(name: "Prediction", package: "inkling")],
      swiftSettings: settings),
  ]
)
