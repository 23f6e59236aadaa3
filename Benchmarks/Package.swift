// swift-tools-version: 6.2
import PackageDescription

/// As in the package above.
let house: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

// A plain program rather than a benchmarking library: what is measured end to end runs in other processes, once per
// placement and at a given rate, which a library that repeats a closure in this process has no notion of.
let package = Package(
  name: "regie-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "regie", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
  ],
  targets: [
    .target(
      name: "Subjects",
      dependencies: [
        .product(name: "RegieRooms", package: "regie"), .product(name: "Crypto", package: "swift-crypto"),
      ], swiftSettings: house),
    .executableTarget(name: "Instructions", dependencies: ["Subjects"], swiftSettings: house),
    .executableTarget(
      name: "QueryServer",
      dependencies: [
        .product(name: "RegieRooms", package: "regie"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "NIOCore", package: "swift-nio"),
      ],
      swiftSettings: house),
    .executableTarget(
      name: "Bench",
      dependencies: [
        "Subjects",
        .product(name: "RegieRooms", package: "regie"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "AsyncHTTPClient", package: "async-http-client"),
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
      ],
      swiftSettings: house),
  ]
)
