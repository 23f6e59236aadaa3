internal import Foundation

/// A real Kubernetes API server on the loopback interface, with RBAC and a throw-away etcd, gone with the test process.
///
/// Programs come from `KUBEBUILDER_ASSETS`, else from where `scripts/kube/build-apiserver.sh` puts them. There are no
/// nodes. Without a controller manager quotas take no effect and namespaces never go.
public final class KubernetesServer: Sendable {
  /// `https://127.0.0.1:PORT`.
  public let url: String
  /// The PEM certificate of its authority.
  public let caPath: String
  /// A token of the group `system:masters`, which may do everything.
  public let adminToken: String
  /// A kubeconfig with that token.
  public let adminKubeconfigPath: String
  /// Where all its state is.
  public let directory: String
  /// The address of its etcd, for tests that play with what the server stores.
  public let etcdURL: String

  /// Whether the programs are there, for `.enabled(if:)` beside ``needs``.
  public static let isAvailable = ["etcd", "kube-apiserver"].allSatisfy(has)

  /// Whether there is a controller manager as well, for `.enabled(if:)` beside ``needsControllerManager``.
  public static let hasControllerManager = isAvailable && has("kube-controller-manager")

  /// What to say when ``isAvailable`` is false.
  public static let needs = "not run: needs KUBEBUILDER_ASSETS, or scripts/kube/build-apiserver.sh to have run"

  /// What to say when ``hasControllerManager`` is false.
  public static let needsControllerManager = "not run: needs kube-controller-manager in KUBEBUILDER_ASSETS"

  private static let common = Task { () async throws -> KubernetesServer in try await start() }

  /// The one server of this test process, started at the first use. Tests keep to namespaces of their own.
  public static func shared() async throws -> KubernetesServer { try await common.value }

  /// Starts a server for one test alone.
  public static func start() async throws -> KubernetesServer {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("regie-kube-\(UUID().uuidString)")
      .path
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    try ChildProcess.atEnd(run: "'\(script("stop-apiserver.sh"))' '\(directory)'; sleep 0.2; rm -rf '\(directory)'")
    var attempts = 3
    while true {
      do {
        return try await start(in: directory)
      } catch  where attempts > 1 {
        // Most likely somebody took one of the ports that were free.
        attempts -= 1
        try await ChildProcess.run(script("stop-apiserver.sh"), [directory])
      }
    }
  }

  private static func start(in directory: String) async throws -> KubernetesServer {
    let ports = try (0..<4).map { _ in try FreePort.find() }
    try await ChildProcess.run(script("start-apiserver.sh"), [directory] + ports.map { String($0) })
    return try KubernetesServer(directory: directory, port: ports[0], etcdPort: ports[1])
  }

  private init(directory: String, port: Int, etcdPort: Int) throws {
    self.directory = directory
    url = "https://127.0.0.1:\(port)"
    etcdURL = "http://127.0.0.1:\(etcdPort)"
    caPath = "\(directory)/ca.crt"
    adminKubeconfigPath = "\(directory)/admin.kubeconfig"
    adminToken = try String(contentsOfFile: "\(directory)/admin.token", encoding: .utf8)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Makes a kubeconfig for a user, who shows a client certificate; RBAC says what the user may.
  ///
  /// - Returns: the path of the kubeconfig.
  public func kubeconfig(user: String, groups: [String] = []) async throws -> String {
    let printed = try await ChildProcess.run(Self.script("user-kubeconfig.sh"), [directory, user] + groups)
    return printed.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private static func script(_ name: String) -> String {
    // This file is Tests/Support/KubernetesServer.swift.
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { root.deleteLastPathComponent() }
    return root.appendingPathComponent("scripts/kube/\(name)").path
  }

  private static func has(_ program: String) -> Bool {
    let environment = ProcessInfo.processInfo.environment
    let cache = environment["XDG_CACHE_HOME"] ?? "\(environment["HOME"] ?? "")/.cache"
    let folder = environment["KUBEBUILDER_ASSETS"] ?? "\(cache)/regie/kube-1.20"
    return FileManager.default.isExecutableFile(atPath: "\(folder)/\(program)")
  }
}
