import Foundation
import Identity
import Model
import Postgres
import Store
import Testing

struct ResourceTests {
  @Test func `what is put is got back with what the server adds`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let project = Offered.project("alpha")
      let created = try await fixture.store.put(.project(project), context: someone)
      #expect(created.change == .created)
      #expect(created.resource.metadata.generation == 1)
      #expect(created.resource.metadata.uid != nil)
      guard case .project(let stored) = try await fixture.store.get(.project, "alpha") else {
        Issue.record("not a project")
        return
      }
      #expect(stored.spec == project.spec)
      #expect(stored.metadata == created.resource.metadata)
    }
  }

  @Test func `putting the same again writes nothing`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let first = try await fixture.store.put(.project(Offered.project("alpha")), context: someone)
      let entries = try await fixture.count("SELECT count(*) FROM audit_entries")
      let again = try await fixture.store.put(.project(Offered.project("alpha")), context: someone)
      #expect(again.change == .unchanged)
      #expect(again.resource == first.resource)
      #expect(try await fixture.count("SELECT count(*) FROM audit_entries") == entries)
    }
  }

  @Test func `labels change the version, the spec the generation too`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      var project = Offered.project("alpha")
      let first = try await fixture.store.put(.project(project), context: someone)
      project.metadata.labels["team"] = "x"
      let second = try await fixture.store.put(.project(project), context: someone)
      #expect(second.change == .changed)
      #expect(second.resource.metadata.generation == 1)
      #expect(second.resource.metadata.resourceVersion != first.resource.metadata.resourceVersion)
      project.spec.organisation = "mj"
      #expect(try await fixture.store.put(.project(project), context: someone).resource.metadata.generation == 2)
    }
  }

  @Test func `a stale If-Match is refused and changes nothing`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      var project = Offered.project("alpha")
      let absent = try await refusal {
        _ = try await fixture.store.put(.project(project), context: someone, if: .present)
      }
      #expect(absent?.kind == .versionMismatch)
      let first = try await fixture.store.put(.project(project), context: someone)
      let version = try #require(first.resource.metadata.resourceVersion)
      project.spec.organisation = "mj"
      for change in [Change.changed, .unchanged] {
        let result = try await fixture.store.put(.project(project), context: someone, if: .version([version]))
        #expect(result.change == change, "the same once more has already succeeded")
      }
      project.spec.organisation = "dinum"
      let stale = try await refusal {
        _ = try await fixture.store.put(.project(project), context: someone, if: .version([version]))
      }
      #expect(stale?.kind == .versionMismatch)
      project.metadata.resourceVersion = version
      let carried = try await refusal { _ = try await fixture.store.put(.project(project), context: someone) }
      #expect(carried?.kind == .versionMismatch, "a document speaks of the version it carries")
      guard case .project(let stored) = try await fixture.store.get(.project, "alpha") else { return }
      #expect(stored.spec.organisation == "mj")
    }
  }

  @Test func `a reference to nothing names its field`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let error = try await refusal {
        _ = try await fixture.store.put(Offered.cluster("x", Offered.large, zone: "nowhere"), context: someone)
      }
      #expect(error?.kind == .conflict)
      #expect(error?.path == "spec.zone")
      #expect(try await fixture.count("SELECT count(*) FROM resources WHERE name = 'x'") == 0)
      #expect(try await fixture.count("SELECT count(*) FROM capacity_ledger WHERE cluster = 'x'") == 0)
    }
  }

  @Test func `a document that is wrong by itself is refused with its path`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      var project = Offered.project("alpha")
      project.spec.environments = []
      let error = try await refusal { _ = try await fixture.store.put(.project(project), context: someone) }
      #expect(error?.kind == .invalid)
      #expect(error?.path == "spec.environments")
    }
  }

  @Test func `what is referred to is not deleted`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      for (kind, name) in [(Kind.operator, "dtnum"), (.chain, "forge"), (.region, "nord"), (.zone, "nord-usuel")] {
        let error = try await refusal { try await fixture.store.delete(kind, name, context: someone) }
        #expect(error?.kind == .stillReferenced, "\(kind)")
      }
      _ = try await fixture.place("alpha")
      for (kind, name) in [(Kind.cluster, "nord-1"), (.project, "alpha")] {
        let error = try await refusal { try await fixture.store.delete(kind, name, context: someone) }
        #expect(error?.kind == .stillReferenced, "\(kind)")
      }
      let policy = try await refusal { try await fixture.store.delete(.policy, "regie", context: someone) }
      #expect(policy?.kind == .conflict)
      let nothing = try await refusal { try await fixture.store.delete(.zone, "none", context: someone) }
      #expect(nothing?.kind == .notFound)
    }
  }

  @Test func `what nothing refers to is deleted and may come back`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let first = try await fixture.store.get(.cluster, "nord-1")
      try await fixture.store.delete(.cluster, "nord-1", context: someone)
      #expect(try await refusal { _ = try await fixture.store.get(.cluster, "nord-1") }?.kind == .notFound)
      #expect(try await fixture.store.capacity().isEmpty)
      let again = try await fixture.store.put(Offered.cluster("nord-1", Offered.large), context: someone)
      #expect(again.change == .created)
      #expect(again.resource.metadata.uid != first.metadata.uid)
      #expect(try await fixture.store.capacity().first?.limit == ResourceAmounts(Offered.large))
    }
  }

  @Test func `pages follow each other without gap or double`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let names = (0..<23).map { "p\($0)" }
      for name in names { _ = try await fixture.store.put(.project(Offered.project(name)), context: someone) }
      var seen: [String] = []
      var cursor: String?
      repeat {
        let page = try await fixture.store.list(.project, limit: 5, cursor: cursor)
        seen += page.items.map(\.metadata.name)
        cursor = page.next
      } while cursor != nil
      #expect(seen == names.sorted())
      #expect(try await refusal { _ = try await fixture.store.list(.project, cursor: "???") }?.kind == .badCursor)
      #expect(try await refusal { _ = try await fixture.store.list(.project, limit: 0) }?.path == "limit")
    }
  }

  @Test func `each change of the policy is the next version`() async throws {
    try await StoreFixture.run { fixture in
      #expect(try await fixture.store.policyInForce() == nil)
      try await fixture.offer()
      let second = try await fixture.store.put(Offered.policy(reserve: Quantity("0.5")), context: someone)
      #expect(second.policyVersion == 2)
      #expect(try await fixture.store.policyInForce()?.version == 2)
      let again = try await fixture.store.put(Offered.policy(reserve: Quantity("0.5")), context: someone)
      #expect(again.policyVersion == 2)
      #expect(try await fixture.store.capacity().first?.limit.cpu == 32_000)
    }
  }

  @Test func `there is one policy`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      guard case .policy(var other) = Offered.policy() else { return }
      other.metadata.name = "other"
      let policy = AnyResource.policy(other)
      let error = try await refusal { _ = try await fixture.store.put(policy, context: someone) }
      #expect(error?.path == "metadata.name")
      #expect(error?.accepted == "regie")
    }
  }

  @Test func `a zone keeps its slug while it hosts, and shares it with none`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let doubled = Resource("sud", ZoneSpec(region: "nord", sensitivity: .usuel, slug: "nord", chain: "forge"))
      #expect(
        try await refusal { _ = try await fixture.store.put(.zone(doubled), context: someone) }?.path == "spec.slug")
      _ = try await fixture.place("alpha")
      let renamed = Resource("nord-usuel", ZoneSpec(region: "nord", sensitivity: .usuel, slug: "n2", chain: "forge"))
      let error = try await refusal { _ = try await fixture.store.put(.zone(renamed), context: someone) }
      #expect(error?.path == "spec.slug")
      #expect(error?.message == "this can not change while 1 placement is hosted there")
      #expect(error?.messageFR == "ceci ne peut pas changer tant que 1 placement y est hébergé")
      #expect(try await fixture.store.zones().map(\.spec.slug) == ["nord"])
    }
  }

  private static func write(
    _ name: String, _ console: ClusterSpec.Console, capacity: ResourceList = Offered.large, to fixture: StoreFixture,
    within scope: Scope = .everything
  ) async throws -> StoreError? {
    guard case .cluster(var cluster) = Offered.cluster(name, capacity) else { return nil }
    cluster.spec.console = console
    let resource = AnyResource.cluster(cluster)
    return try await refusal { _ = try await fixture.store.put(resource, context: someone, within: scope) }
  }

  @Test func `a cluster of the console's is one cluster: its identifier and its label are no other's`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": Offered.large, "nord-2": Offered.large])
      let one = UUID()
      let two = UUID()
      #expect(try await Self.write("nord-1", .init(id: one, label: "Un"), to: fixture) == nil)
      let same = try await Self.write("nord-2", .init(id: one, label: "Deux"), to: fixture)
      #expect(same?.kind == .conflict && same?.path == "spec.console.id")
      #expect(same?.message.contains("nord-1") == true && same?.messageFR.contains("nord-1") == true)
      let alike = try await Self.write("nord-2", .init(id: two, label: "Un"), to: fixture)
      #expect(alike?.kind == .conflict && alike?.path == "spec.console.label")
      // An operator may not know of the other one.
      let own = Scope.own(operators: ["dtnum"], projects: [])
      let untold = try await Self.write("nord-2", .init(label: "Un"), to: fixture, within: own)
      #expect(untold?.path == "spec.console.label" && untold?.message.contains("nord-1") == false)
      #expect(untold?.messageFR.contains("nord-1") == false)
      #expect(try await Self.write("nord-2", .init(id: two, label: "Deux"), to: fixture) == nil)
      // What the console calls it may change, and what is gone has no name.
      #expect(try await Self.write("nord-1", .init(id: one, label: "Premier"), to: fixture) == nil)
      try await fixture.store.delete(.cluster, "nord-1", context: someone)
      #expect(try await Self.write("nord-2", .init(id: one, label: "Premier"), to: fixture) == nil)
    }
  }

  @Test func `what two clusters share since before that was looked at keeps neither from being written`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer(clusters: ["nord-1": Offered.large, "nord-2": Offered.large])
      let console = ClusterSpec.Console(id: UUID(), label: "Un")
      #expect(try await Self.write("nord-1", console, to: fixture) == nil)
      try await fixture.tamper(
        """
        UPDATE resources SET spec = jsonb_set(spec, '{console}',
          (SELECT spec -> 'console' FROM resources WHERE name = 'nord-1')) WHERE name = 'nord-2'
        """)
      #expect(try await Self.write("nord-2", console, capacity: Offered.small, to: fixture) == nil)
      #expect(try await fixture.count("SELECT count(*) FROM resources WHERE spec -> 'console' ->> 'label' = 'Un'") == 2)
      let other = ClusterSpec.Console(id: console.id, label: "Deux")
      #expect(try await Self.write("nord-2", other, to: fixture) == nil, "it takes nothing that it had not")
    }
  }

  @Test func `writers of one resource do not overwrite each other unseen`() async throws {
    try await StoreFixture.run { fixture in
      try await fixture.offer()
      let first = try await fixture.store.put(.project(Offered.project("alpha")), context: someone)
      let version = try #require(first.resource.metadata.resourceVersion)
      let won = try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<8 {
          group.addTask {
            var project = Offered.project("alpha")
            project.metadata.labels["writer"] = "\(number)"
            let changed = project
            return try await refusal {
              _ = try await fixture.store.put(.project(changed), context: someone, if: .version([version]))
            } == nil
          }
        }
        return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(won == 1)
    }
  }
}
