// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "lexing-benchmark",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "inkling", path: "../..")],
  targets: [
    .executableTarget(
      name: "lexing-speed", dependencies: [.product(name: "Lexing", package: "inkling")],
      swiftSettings: [.swiftLanguageMode(.v6)])
  ]
)
