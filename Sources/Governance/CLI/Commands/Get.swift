import ArgumentParser
import Contract
import Events
import Foundation
import Model
import NIOHTTP1

/// `regie get KIND [NAME]`.
struct Get: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      """
      Voir des ressources, des placements, des agents, la capacité, la conformité. / \
      See resources, placements, agents, capacity, conformity.
      """)

  @OptionGroup var options: ClientOptions

  @Argument(
    help: """
      operators, chains, regions, zones, clusters, policies, projects, derogations, placements, agents, capacity, \
      conformity
      """)
  var kind: String

  @Argument(
    help: """
      Nom, identifiant d'un placement, zone d'un agent, ou cluster. / Name, a placement's identifier, an agent's zone, \
      or a cluster.
      """)
  var name: String?

  @Option(name: .shortAndLong, help: "table, wide, json ou yaml.")
  var output = OutputFormat.table

  @Option(name: .long, help: "Placements d'un projet. / Placements of a project.")
  var project: String?

  @Flag(name: .long, help: "Les versions de ce qui est offert, ou d'une politique. / The versions, and who wrote them.")
  var history = false

  func validate() throws {
    guard !history || name != nil else {
      throw ValidationError("--history demande un nom / needs a name")
    }
    guard project == nil || Kind(spelled: kind) == .placement else {
      throw ValidationError("--project ne vaut que pour placements / goes with placements only")
    }
  }

  func run() async throws {
    try await reporting {
      let client = try options.client()
      switch kind {
      case "agents": try await agents(client)
      case "capacity": try await capacity(client)
      case "conformity": try await conformity(client)
      default: try await resources(client)
      }
    }
  }

  private func resources(_ client: APIClient) async throws {
    guard let kind = Kind(spelled: kind), kind != .migration, kind != .flowRequest else {
      throw ValidationError("« \(kind) » n'est pas connu / is not known: see regie get --help")
    }
    if history, let name { return try await HistoryText.show(kind, name, client, output) }
    if kind == .placement { return try await placements(client) }
    if let name {
      let view: ResourceView = try await client.send(.GET, "/api/v1/\(kind.plural)/\(APIClient.part(name))").decode()
      if let text = try output.render(view) { return Console.print(text) }
      Console.print(try await table(kind, [view.resource], client))
      Self.tell(withheld: view.withheld)
    } else {
      let (views, withheld) = try await client.resources(kind)
      if let text = try output.render(views) {
        Console.print(text)
      } else {
        Console.print(try await table(kind, views.map(\.resource), client))
        Self.tell(withheld: Set(views.flatMap(\.withheld)).sorted())
      }
      if withheld > 0 {
        let french = Counted.fr(withheld, "est tu", "sont tus")
        let english = withheld == 1 ? "is withheld" : "are withheld"
        Console.note("\(kind.plural) : \(french), faute de droit / \(english) from this caller")
      }
    }
  }

  /// A table does not show that something was left out of what it could show.
  private static func tell(withheld paths: [String]) {
    guard !paths.isEmpty else { return }
    Console.note("tu, faute de droit / withheld from this caller: \(paths.joined(separator: ", "))")
  }

  /// Only clusters have more to show than stands in them.
  private func table(_ kind: Kind, _ resources: [AnyResource], _ client: APIClient) async throws -> String {
    guard kind == .cluster, output == .wide else { return ResourceTable.render(kind, resources) }
    let zones: [AnyResource] = try await client.all("/api/v1/\(Kind.zone.plural)")
    return ClusterTable.render(
      resources.compactMap { if case .cluster(let cluster) = $0 { cluster } else { nil } },
      zones: zones.compactMap { if case .zone(let zone) = $0 { zone } else { nil } },
      agents: try await client.all("/api/v1/agents", of: AgentView.self))
  }

  private func placements(_ client: APIClient) async throws {
    let wide = output == .wide
    if let name {
      let placement: PlacementView = try await client.send(.GET, "/api/v1/placements/\(APIClient.part(name))").decode()
      Console.print(try output.render(placement) ?? PlacementTable.render([placement], wide: wide))
    } else {
      let filter = project.map { "?project=\(APIClient.part($0))" } ?? ""
      let placements: [PlacementView] = try await client.all("/api/v1/placements\(filter)")
      Console.print(try output.render(placements) ?? PlacementTable.render(placements, wide: wide))
    }
  }

  private func agents(_ client: APIClient) async throws {
    let agents = try named(try await client.all("/api/v1/agents", of: AgentView.self)) { $0.status.zone }
    if let text = try output.render(agents) { return Console.print(text) }
    var table = Table("ZONE", "VERSION", "INCARNATION", "SNAPSHOT", "BUS", "REFUSED", "CLUSTERS", "HEARD")
    for agent in agents {
      let clusters = agent.status.clusters.map { $0.reachable ? $0.name : "\($0.name)(!)" }.joined(separator: ",")
      table.add(
        agent.status.zone, agent.status.version, String(agent.status.incarnation),
        agent.status.snapshotComplete ? "complete" : "reading", bus(agent.status),
        String(agent.status.refusedRecords), clusters,
        agent.heardAt.description)
    }
    Console.print(table.render())
  }

  /// What the topic is to the agent, and how many placements its clusters hold that the topic does not.
  private func bus(_ status: AgentStatus) -> String {
    let verdict = status.zoneRecord?.verdict.rawValue ?? "–"
    guard let count = status.orphans?.count, count > 0 else { return verdict }
    return "\(verdict),orphans=\(count)"
  }

  private func conformity(_ client: APIClient) async throws {
    let clusters = try named(
      try await client.all("/api/v1/agents", of: AgentView.self).flatMap(\.status.clusters), by: \.name)
    if let text = try output.render(clusters) { return Console.print(text) }
    Console.print(ConformityTable.render(clusters))
  }

  /// The one that was named, of what the service only lists; all where none was.
  private func named<Item>(_ items: [Item], by itsName: (Item) -> String) throws -> [Item] {
    guard let name else { return items }
    let found = items.filter { itsName($0) == name }
    guard found.isEmpty else { return found }
    let known = items.map(itsName).sorted().joined(separator: ", ")
    throw ClientError.notThere("\(kind)/\(name)", known: known)
  }

  private func capacity(_ client: APIClient) async throws {
    let ledgers = try named(try await client.all("/api/v1/capacity", of: CapacityView.self)) { $0.cluster }
    if let text = try output.render(ledgers) { return Console.print(text) }
    var table = Table("CLUSTER", "CPU", "MEMORY", "GPU", "STORAGE", "PODS")
    for ledger in ledgers {
      func part(_ resource: CountedResource) -> String {
        let (used, limit) = (ledger.committed[resource], ledger.limit[resource])
        switch resource {
        case .cpu: return "\(Quantity(milli: used))/\(Quantity(milli: limit))"
        case .memory, .storage: return "\(gibibytes(used))/\(gibibytes(limit)) Gi"
        case .gpu, .pods: return "\(used)/\(limit)"
        }
      }
      table.add(ledger.cluster, part(.cpu), part(.memory), part(.gpu), part(.storage), part(.pods))
    }
    Console.print(table.render())
  }

  private func gibibytes(_ bytes: Int64) -> Int64 { bytes >> 30 }
}

/// `regie delete KIND NAME`.
struct Delete: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Retirer une ressource que rien n'utilise. / Delete a resource that nothing uses.")

  @OptionGroup var options: ClientOptions

  @Argument(help: "operators, chains, regions, zones, clusters, policies, projects, derogations")
  var kind: String

  @Argument(help: "Nom. / Name.")
  var name: String

  @OptionGroup var reason: ReasonOption

  func run() async throws {
    guard let known = Kind(spelled: kind), ![.placement, .migration, .flowRequest].contains(known) else {
      throw ValidationError("« \(kind) » ne se retire pas ainsi / can not be deleted so: see regie delete --help")
    }
    try await reporting {
      _ = try await options.client().send(
        .DELETE, "/api/v1/\(known.plural)/\(APIClient.part(name))\(reason.query)")
      Console.note("\(known.rawValue.lowercased())/\(name) retiré / deleted")
    }
  }
}
