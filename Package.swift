// swift-tools-version: 6.2
import PackageDescription

/// Every room is built under the same rules; `docs/architecture/rooms.md` says which room may import which.
let house: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

func room(_ path: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [], resources: [Resource] = [])
  -> Target
{
  let name = path.split(separator: "/").last.map(String.init) ?? path
  return .target(
    name: name, dependencies: dependencies, path: "Sources/\(path)", exclude: exclude, resources: resources,
    swiftSettings: house)
}

func program(_ path: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
  let name = path.split(separator: "/").last.map(String.init) ?? path
  return .executableTarget(
    name: name, dependencies: dependencies, path: "Sources/\(path)", resources: resources, swiftSettings: house)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = [])
  -> Target
{
  .testTarget(
    name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude, resources: resources,
    swiftSettings: house)
}

extension Target.Dependency {
  static let argumentParser = Self.product(name: "ArgumentParser", package: "swift-argument-parser")
  static let asyncHTTPClient = Self.product(name: "AsyncHTTPClient", package: "async-http-client")
  static let collections = Self.product(name: "Collections", package: "swift-collections")
  static let configuration = Self.product(name: "Configuration", package: "swift-configuration")
  static let crypto = Self.product(name: "Crypto", package: "swift-crypto")
  static let cryptoExtras = Self.product(name: "CryptoExtras", package: "swift-crypto")
  static let heap = Self.product(name: "HeapModule", package: "swift-collections")
  static let httpTypes = Self.product(name: "HTTPTypes", package: "swift-http-types")
  static let hummingbird = Self.product(name: "Hummingbird", package: "hummingbird")
  static let hummingbirdCore = Self.product(name: "HummingbirdCore", package: "hummingbird")
  static let hummingbirdTesting = Self.product(name: "HummingbirdTesting", package: "hummingbird")
  static let logging = Self.product(name: "Logging", package: "swift-log")
  static let metrics = Self.product(name: "Metrics", package: "swift-metrics")
  static let metricsTestKit = Self.product(name: "MetricsTestKit", package: "swift-metrics")
  static let nioCore = Self.product(name: "NIOCore", package: "swift-nio")
  static let subprocess = Self.product(name: "Subprocess", package: "swift-subprocess")
  static let systemPackage = Self.product(name: "SystemPackage", package: "swift-system")
  static let mustache = Self.product(name: "Mustache", package: "swift-mustache")
  static let nioFoundation = Self.product(name: "NIOFoundationCompat", package: "swift-nio")
  static let nioHTTP1 = Self.product(name: "NIOHTTP1", package: "swift-nio")
  static let nioPosix = Self.product(name: "NIOPosix", package: "swift-nio")
  static let nioConcurrency = Self.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
  static let nioSSL = Self.product(name: "NIOSSL", package: "swift-nio-ssl")
  static let serviceLifecycle = Self.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
  static let tracing = Self.product(name: "Tracing", package: "swift-distributed-tracing")
  static let unixSignals = Self.product(name: "UnixSignals", package: "swift-service-lifecycle")
  static let yams = Self.product(name: "Yams", package: "Yams")
}

let package = Package(
  name: "regie",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "governance", targets: ["Server"]),
    .executable(name: "region-agent", targets: ["Agent"]),
    .executable(name: "regie", targets: ["CLI"]),
    // For Benchmarks, a package of its own, so that nobody else builds what only measuring needs.
    .library(
      name: "RegieRooms",
      targets: [
        "API", "Events", "Kafka", "Kubernetes", "Migration", "Model", "Placement", "PlantedMoves", "Policy", "Postgres",
        "Reconciler", "SimulatedCluster", "Store", "Telemetry", "TestSupport",
      ]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // Shared
    .systemLibrary(name: "CLinux", path: "Sources/Shared/CLinux"),
    .systemLibrary(
      name: "CRdKafka", path: "Sources/Shared/CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
    room("Shared/Reactor", ["CLinux", .nioConcurrency, .heap]),
    room("Shared/Model", [.yams]),
    room("Shared/Events", ["Model", .crypto]),
    room("Shared/Kafka", ["CLinux", "CRdKafka", "Reactor", .logging, .metrics, .serviceLifecycle, .nioConcurrency]),
    room("Shared/KafkaMock", ["CRdKafka"]),
    room("Shared/HTTPServing", [.hummingbird, .hummingbirdCore, .logging, .nioCore, .nioConcurrency]),
    room(
      "Shared/Telemetry",
      [
        "HTTPServing", .logging, .metrics, .tracing, .nioConcurrency, .nioCore, .hummingbird, .httpTypes,
        .serviceLifecycle,
      ]),
    room(
      "Shared/SimulatedCluster",
      ["HTTPServing", "Model", .hummingbird, .httpTypes, .nioCore, .nioConcurrency, .logging, .serviceLifecycle]),

    // Governance
    .systemLibrary(
      name: "CLibPQ", path: "Sources/Governance/CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    room("Governance/Identity", ["Model", .crypto, .cryptoExtras]),
    room("Governance/Placement", ["Model"]),
    room("Governance/Policy", ["Model", "Placement"]),
    room(
      "Governance/Migration", ["Events", "Model", "Placement", .crypto, .mustache],
      resources: [
        "createEnvironment", "dashboards", "emptySource", "finalCopy", "firstCopy", "flows", "guide",
        "removeEnvironment", "restoreBackup", "reverseCopy", "runbook", "salvage", "secrets", "stopWrites",
        "switchNames", "values", "verify",
      ].flatMap { ["\($0).fr.md", "\($0).en.md"] }.map { .embedInCode("Runbooks/Templates/\($0)") }
        + ["fr", "en"].map { .embedInCode("Runbooks/Templates/page.\($0).html") }),
    room("Governance/Board", ["Model", "Events"]),
    room("Governance/Trail", ["Events", .crypto]),
    room("Governance/Requests", ["Model", "Events", .crypto]),
    room(
      "Governance/Postgres",
      ["CLibPQ", "Reactor", .crypto, .logging, .metrics, .serviceLifecycle, .nioConcurrency, .collections]),
    room(
      "Governance/Store",
      [
        "Board", "Identity", "Migration", "Model", "Events", "Placement", "Policy", "Postgres", "Reactor", "Requests",
        "Trail", .crypto, .logging, .nioConcurrency, .nioCore, .nioPosix,
      ],
      resources: [
        "0001_foundation", "0002_reservations", "0003_audit_chain", "0004_world", "0005_checks", "0006_cluster_facts",
        "0007_commits", "0008_bus", "0009_recovery", "0010_indexes", "0011_limits", "0012_unmatched", "0013_api_keys",
        "0014_board", "0015_impact", "0016_impact_dates", "0017_board_facts", "0018_audit_trail", "0019_capacity",
        "0020_requests", "0021_flows", "0022_webhooks", "0023_history", "0024_qualifications",
        "0025_moves", "0026_forgotten", "0027_webhook_secrets", "0028_flow_closings",
        "0029_forgetting", "0030_move_flows", "0031_flow_closing_at",
        "0032_names_of_requests", "0033_kept", "0034_shared_budgets", "0035_chain_history",
        "0036_terms", "0037_seen", "0038_quotas", "0039_settled", "0040_asked", "0041_one_state", "0042_awaited",
        "0043_impact_truth", "0044_suspended_board", "0045_unheard", "0046_told_versions",
        "0047_pseudonyms_from", "0048_pseudonyms_known", "0049_departures", "0050_chains",
        "0051_shorter_commits", "0052_gone_by_name", "0053_impact_engine", "0054_one_check_of_placements",
        "0055_one_check_of_reservations", "0056_chain_decision", "0057_impact_questions",
        "0058_message_timeouts", "0059_fact_attempts",
      ].map { .embedInCode("Migrations/\($0).sql") }),
    room(
      "Governance/Contract", ["Board", "Migration", "Model", "Events", "Placement", "Policy", "Requests", "Trail"]),
    .target(name: "COpenAPI", path: "Sources/Governance/COpenAPI", exclude: ["openapi.json"]),
    room(
      "Governance/API",
      [
        "Board", "COpenAPI", "Contract", "HTTPServing", "Identity", "Migration", "Model", "Events", "Placement",
        "Policy",
        "Postgres", "Requests", "Store", "Telemetry", "Trail", .crypto, .hummingbird, .httpTypes, .nioCore, .nioHTTP1,
        .nioConcurrency, .logging, .metrics,
        .serviceLifecycle,
      ]),
    program(
      "Governance/Server",
      [
        "API", "Events", "Identity", "Kafka", "Migration", "Model", "Postgres", "Reactor", "Requests", "Store",
        "Telemetry", "Trail", .argumentParser, .asyncHTTPClient, .logging, .metrics, .nioConcurrency, .nioCore,
        .nioHTTP1, .nioPosix, .nioSSL,
        .serviceLifecycle,
        .unixSignals,
      ]),
    program(
      "Governance/CLI",
      [
        "Board", "Contract", "Events", "KafkaMock", "Kubernetes", "Migration", "Model", "Placement", "Policy",
        "Requests",
        "SimulatedCluster", "Trail", .argumentParser,
        .asyncHTTPClient, .crypto, .logging, .nioConcurrency, .nioCore, .nioFoundation, .nioHTTP1, .nioPosix,
        .nioSSL, .serviceLifecycle, .subprocess, .systemPackage, .unixSignals, .yams,
      ],
      resources: [
        "offer/1-operators", "offer/2-chains", "offer/3-regions", "offer/4-zones", "offer/5-clusters", "policy",
        "projects/annuaire", "projects/basegun", "projects/betaapp", "projects/candilib", "projects/ccaf",
        "projects/megadonnees", "projects/pissenlit", "projects/vigie",
      ].map { .embedInCode("Examples/\($0).yaml") }),

    // RegionAgent
    room(
      "RegionAgent/Kubernetes",
      [
        "Model", .asyncHTTPClient, .nioCore, .nioSSL, .nioHTTP1, .nioConcurrency, .yams, .logging, .metrics, .crypto,
      ]),
    room("RegionAgent/GitOps", ["Model", .crypto, .logging, .metrics, .subprocess, .systemPackage]),
    room("RegionAgent/Reconciler", ["Model", "Events", "Kubernetes", .logging, .metrics, .nioConcurrency]),
    room("RegionAgent/Capacity", ["Model", "Events", "Kubernetes", .logging, .nioConcurrency]),
    room("RegionAgent/Conformity", ["Events", "Kubernetes", .logging, .metrics, .nioConcurrency]),
    program(
      "RegionAgent/Agent",
      [
        "Capacity", "Conformity", "Events", "GitOps", "Kafka", "Kubernetes", "Model", "Reactor", "Reconciler",
        "Telemetry", .argumentParser, .logging, .metrics,
        .nioConcurrency, .serviceLifecycle, .unixSignals,
      ]),

    // Tests
    .target(
      name: "TestSupport",
      dependencies: ["Events", "Kafka", "KafkaMock", "Model", "Postgres", .logging, .nioConcurrency],
      path: "Tests/Support", swiftSettings: house),
    .target(
      name: "PlantedMoves", dependencies: ["Migration", "Model", "Placement"], path: "Tests/PlantedMoves",
      swiftSettings: house),
    tests("ReactorTests", ["Reactor"]),
    tests("ModelTests", ["Model"]),
    tests(
      "KafkaTests",
      [
        "CRdKafka", "Kafka", "KafkaMock", "TestSupport", .logging, .metrics, .metricsTestKit, .nioConcurrency,
        .serviceLifecycle,
      ]),
    tests(
      "HTTPServingTests",
      [
        "HTTPServing", .hummingbird, .hummingbirdCore, .logging, .nioConcurrency, .nioCore, .nioPosix,
        .serviceLifecycle,
      ]),
    tests(
      "TelemetryTests",
      [
        "Telemetry", .httpTypes, .hummingbird, .hummingbirdTesting, .logging, .metrics, .nioConcurrency, .nioCore,
        .nioPosix,
        .serviceLifecycle, .tracing,
      ]),
    tests(
      "SimulatedClusterTests",
      ["Model", "SimulatedCluster", .asyncHTTPClient, .logging, .nioCore, .nioHTTP1, .serviceLifecycle]),
    tests("IdentityTests", ["Identity", "Model", .crypto, .cryptoExtras]),
    tests("PlacementTests", ["Model", "Placement"], exclude: ["Corpus"]),
    tests("PolicyTests", ["Model", "Placement", "Policy", "TestSupport"]),
    tests(
      "MigrationTests", ["Events", "Migration", "Model", "Placement", "PlantedMoves", "TestSupport"],
      exclude: ["Runbooks/Golden"]),
    tests("BoardTests", ["Board", "Events", "Model", "TestSupport"]),
    tests("TrailTests", ["Events", "TestSupport", "Trail"]),
    tests("RequestsTests", ["Events", "Model", "Requests", "TestSupport"]),
    tests("FuzzTests", ["Model", "Placement", "Policy", "TestSupport"]),
    tests(
      "PostgresTests",
      ["Postgres", "Reactor", "TestSupport", .logging, .metrics, .metricsTestKit, .nioConcurrency, .serviceLifecycle]),
    tests(
      "StoreTests",
      [
        "Board", "Events", "Identity", "Migration", "Model", "Placement", "Policy", "Postgres", "Requests", "Store",
        "TestSupport",
        "Trail", .crypto,
        .logging,
      ]),
    tests(
      "KubernetesTests",
      ["Kubernetes", "TestSupport", .asyncHTTPClient, .logging, .nioConcurrency, .nioCore, .nioHTTP1, .nioPosix]),
    tests(
      "KubernetesConformanceTests",
      ["SimulatedCluster", "TestSupport", .asyncHTTPClient, .nioCore, .nioHTTP1, .nioPosix, .nioSSL]),
    tests(
      "GitOpsTests",
      [
        "Events", "GitOps", "Model", "Reconciler", "TestSupport", .logging, .nioConcurrency, .nioCore, .nioHTTP1,
        .nioPosix, .yams,
      ]),
    tests(
      "ConformityTests",
      [
        "Conformity", "Events", "Kubernetes", "SimulatedCluster", "TestSupport", .logging, .nioCore, .nioHTTP1,
        .nioPosix,
        .nioSSL,
      ]),
    tests("CapacityTests", ["Capacity", "Events", "Kubernetes", "Model", "TestSupport", .logging, .yams]),
    tests("ReconcilerTests", ["Events", "Model", "Reconciler", .crypto]),
    tests("EventsTests", ["Events", "Model", "TestSupport", .crypto, .yams]),
    tests("ContractTests", ["Contract", "Events", "Migration", "Model", "Placement", "Requests"]),
    tests(
      "APITests",
      [
        "API", "Board", "Contract", "Events", "Identity", "Migration", "Model", "Placement", "Policy", "Postgres",
        "Requests",
        "Store", "Telemetry", "TestSupport", "Trail", .httpTypes,
        .hummingbird, .hummingbirdTesting, .logging, .metrics, .nioCore, .nioHTTP1, .nioPosix, .serviceLifecycle,
        .yams,
      ]),
    tests(
      "ServerTests",
      [
        "API", "Board", "Events", "HTTPServing", "Identity", "Kafka", "KafkaMock", "Migration", "Model",
        "Placement", "Postgres", "Reactor", "Requests",
        "Server", "Store", "Telemetry", "TestSupport", "Trail", .asyncHTTPClient, .crypto, .httpTypes, .hummingbird,
        .logging, .metrics, .nioConcurrency, .nioCore, .nioHTTP1, .nioPosix, .nioSSL, .serviceLifecycle,
      ]),
    tests(
      "AgentTests",
      [
        "Agent", "CRdKafka", "Capacity", "Conformity", "Events", "GitOps", "Kafka", "KafkaMock", "Kubernetes", "Model",
        "Reactor", "Reconciler",
        "SimulatedCluster", "Telemetry", "TestSupport", .crypto, .logging, .metrics, .nioConcurrency,
        .serviceLifecycle, .yams,
      ]),
    tests(
      "CLITests",
      [
        "Board", "CLI", "Contract", "Events", "HTTPServing", "Migration", "Model", "Placement", "Policy", "Postgres",
        "Requests", "TestSupport",
        "Trail", .argumentParser, .crypto, .httpTypes, .hummingbird, .logging, .nioConcurrency, .nioCore, .yams,
      ]),
    tests(
      "SystemTests",
      [
        "Board", "Contract", "Events", "Kafka", "KafkaMock", "Kubernetes", "Migration", "Model", "Placement",
        "Postgres",
        "SimulatedCluster",
        "TestSupport",
        .asyncHTTPClient, .crypto, .logging, .nioConcurrency, .nioCore, .nioHTTP1,
      ]),
    tests(
      "DocumentationTests",
      [
        "Agent", "API", "CLI", "Contract", "Identity", "Kafka", "Migration", "Model", "Placement", "Policy", "Postgres",
        "Server", "Store", "Telemetry", "TestSupport", .argumentParser, .logging, .yams,
      ]),
  ]
)
