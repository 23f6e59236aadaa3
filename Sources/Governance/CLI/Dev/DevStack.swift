import Foundation
import Kubernetes
import Model

/// What runs once the stack is up.
struct RunningStack: Sendable {
  /// The API's address.
  let server: String
  /// What makes the user of the demo known.
  let token: String
  /// What makes each of the demo's people known, by name.
  let people: [String: String]
  /// The folder that holds it, for `regie` and curl.
  let folder: String
  /// Cluster name → how its API is reached.
  let clusters: [String: DevCluster]
}

/// A cluster of the stack.
enum DevCluster: Sendable {
  case simulated(url: String)
  case real(kubeconfig: String)

  /// As `REGIE_CLUSTERS` names it.
  var access: String {
    switch self {
    case .simulated(let url): url
    case .real(let kubeconfig): kubeconfig
    }
  }

  /// As a client reaches it.
  func configuration() throws -> KubernetesConfiguration {
    switch self {
    case .simulated(let url): try .plain(url: url)
    case .real(let kubeconfig): try .kubeconfig(paths: [kubeconfig])
    }
  }
}

/// Starts the process tree, hands over, and stops it.
struct DevStack: Sendable {
  let plan: DevPlan

  /// How long a process that fell over may take to be noticed after something else failed because of it.
  private static let hindsight: Duration = .seconds(2)

  /// Starts everything, runs `body`, then stops everything; also when `body` fails or a process ends by itself.
  func run(_ body: @escaping @Sendable (RunningStack) async throws -> Void) async throws {
    let programs = try Programs.find()
    if let port = plan.port { try Self.check(port) }
    let folder = try await DevFolder.open(plan.directory, programs: programs)
    defer {
      folder.close()
      // Last, when no agent is left that would make them anew.
      if let text = RealClusters.farewell(plan.realClusters) { Console.note(text) }
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      defer { group.cancelAll() }
      let tree = ProcessTree(logs: folder.logs, pids: folder.pids)
      group.addTask { try await tree.supervise() }
      group.addTask { try await body(try await start(StackStart(tree: tree, folder: folder, programs: programs))) }
      // Whichever ends first ends the rest: the scenario, or a process that fell over.
      do {
        try await group.next()
      } catch let error as ClientError {
        try await cause(of: error, in: &group)
      }
    }
  }

  /// A service that does not answer has most often fallen over: then its own last words are what helps.
  private func cause(of error: ClientError, in group: inout ThrowingTaskGroup<Void, any Error>) async throws {
    group.addTask {
      try await Task.sleep(for: Self.hindsight)
      throw error
    }
    try await group.next()
  }

  private func start(_ parts: StackStart) async throws -> RunningStack {
    let started = ContinuousClock.now
    Console.note("PostgreSQL : préparation… / preparing…")
    let postgres = try DevPostgres(folder: parts.folder)
    async let broker = parts.broker()
    async let clusters = parts.clusters(plan)
    try await postgres.initialise()
    let databaseURL = try await postgres.start(in: parts.tree)
    let keys = try parts.folder.writeKeys()
    let bootstrap = try await broker
    let identity = try DevIdentity(
      in: parts.folder.path, operators: plan.offer.operators)
    let server = try await parts.governance(
      on: plan.port, database: databaseURL, bootstrap: bootstrap, signingKey: keys.signing, identity: identity)
    try identity.leave(for: server, in: parts.folder.path)
    let apis = try await clusters
    try await parts.agents(of: plan.offer, bootstrap: bootstrap, keys: keys.verification, apis)
    let milliseconds = (ContinuousClock.now - started) / .milliseconds(1)
    Console.note("Prêt en \(String(format: "%.1f", milliseconds / 1000)) s. / Ready.\n")
    return RunningStack(
      server: server, token: identity.token, people: identity.people, folder: parts.folder.path, clusters: apis)
  }

  private static func check(_ port: Int) throws {
    guard FreePorts.isFree(port) else { throw taken(port) }
  }

  /// What to say of a port that was asked for and is not free.
  static func taken(_ port: Int) -> DevError {
    DevError(
      "--port \(port) : déjà pris sur 127.0.0.1 ; « ss -ltnp sport = :\(port) » dit par qui ; donnez-en un autre, ou "
        + "aucun pour un port libre / already in use: name another one, or none for a free one")
  }
}
