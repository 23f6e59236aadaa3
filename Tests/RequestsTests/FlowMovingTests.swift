import Model
import Requests
import Testing

/// A flow whose environment goes by another name.
@Suite struct FlowMovingTests {
  private static func wish(_ environment: String = "prod", to system: String = "chorus") -> FlowWish {
    FlowWish(
      project: "basegun", environment: environment, system: system, direction: .outbound, protocol: .tcp, ports: [443],
      motive: "Échanges comptables")
  }

  @Test func `it leads from, or to, the environment by its new name, and is otherwise the same`() {
    #expect(Self.wish().moving("prod", of: "basegun", to: "prod2") == Self.wish("prod2"))
    let towards = Self.wish("dev", to: "vigie/prod")
    #expect(towards.moving("prod", of: "vigie", to: "prod2") == Self.wish("dev", to: "vigie/prod2"))
  }

  @Test func `of another environment, or another project's of the same name, it stays what it is`() {
    #expect(Self.wish().moving("dev", of: "basegun", to: "dev2") == nil)
    #expect(Self.wish().moving("prod", of: "vigie", to: "prod2") == nil)
    #expect(Self.wish("dev", to: "vigie/prod").moving("prod", of: "basegun", to: "prod2") == nil)
  }
}
