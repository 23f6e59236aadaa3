import Foundation
import Migration
import Model
import Placement
import Testing

@Suite("Inputs that no plan can be made of")
struct InputTests {
  private static func message(_ change: (inout MoveWorld) -> Void) -> String {
    var world = MoveWorld(["a": 100, "b": 100])
    world.project("shop", ["dev": "dev 4 a", "prod": "prod 4 a"])
    change(&world)
    do {
      _ = try world.inputs.plan()
      return "a plan"
    } catch { return "\(error)" }
  }

  @Test("name what is at fault, and what is accepted")
  func messages() {
    let message = Self.message
    #expect(
      message { $0.scope = .project("nix") } == "there is no project “nix”; accepted: shop")
    #expect(message { $0.scope = .environment(project: "nix", environment: "dev") }.contains("project “nix”"))
    #expect(
      message { $0.scope = .environment(project: "shop", environment: "x") }
        == "there is no environment “x”; accepted: dev, prod")
    #expect(message { $0.scope = .clusters(["z"]) } == "there is no cluster “z”; accepted: a, b")
    #expect(message { $0.scope = .regions(["z"]) } == "there is no region “z”; accepted: r-a, r-b")
    #expect(message { $0.scope = .selection([MoveWorld.id(99)]) }.hasPrefix("there is no placement"))
    #expect(
      message {
        $0.projects = []; $0.scope = .project("x")
      } == "there is no project “x”; accepted: none")
    #expect(
      message { $0.projects.append($0.projects[0]) } == "the project “shop” is given twice; accepted: each project once"
    )
    #expect(
      message { $0.projects[0].replicas[1].existing = $0.projects[0].replicas[0].existing }
        == "replica 0 of “dev” of project “shop” is in two places; accepted: replicas whose move is done")
    #expect(
      message { $0.projects[0].replicas[1].existing.quota.memory = 1 << 50 }.contains("holds more than anybody has"))
    #expect(message { $0.limits.wavesPerDay = 0 } == "wavesPerDay is 0; accepted: 1 or more")
    #expect(
      message { $0.limits.productionPerProject = .max }
        == "productionPerProject is 9223372036854775807; accepted: up to 100000")
    #expect(message { $0.limits.wavesPerDay = 100_001 } == "wavesPerDay is 100001; accepted: up to 100000")
    #expect(
      message { $0.limits.inFlightPerOperator = 100_001 } == "inFlightPerOperator is 100001; accepted: up to 100000")
    #expect(message { $0.limits.perDay = 100_001 } == "perDay is 100001; accepted: up to 100000")
    #expect(message { $0.limits.retentionDays = -1 } == "retentionDays is -1; accepted: 0 or more")
    #expect(message { $0.limits.retentionDays = 9999 } == "retentionDays is 9999; accepted: up to 3660")
    #expect(
      message { $0.limits.blackouts = [.init(from: MoveWorld.day, until: MoveWorld.day)] }
        == "blackouts are given without days; accepted: both, or no blackouts")
    #expect(
      message { $0.limits.days = [MoveWorld.day, MoveWorld.day] }
        == "days: \(MoveWorld.day) is not after the day before it; accepted: ascending days")
    #expect(
      message {
        $0.limits.days = [MoveWorld.day]
        $0.limits.blackouts = [.init(from: MoveWorld.day, until: MoveWorld.day.adding(days: -1))]
      }.contains("an end that is not before its beginning"))
    #expect(
      message {
        $0.limits.dependencies = [
          .init(first: .init(project: "shop", environment: "x"), then: .init(project: "shop", environment: "dev"))
        ]
      } == "there is no environment “shop/x”; accepted: shop/dev, shop/prod")
  }

  @Test("name environments otherwise than as project/environment")
  func references() {
    #expect(EnvironmentReference("shop/dev") == EnvironmentReference(project: "shop", environment: "dev"))
    for text in ["", "shop", "/", "shop/", "/dev", "shop/dev/", "shop/dev/x", "shop//dev"] {
      #expect(EnvironmentReference(text) == nil, "\(text)")
    }
  }

  @Test("are circles of dependencies")
  func circle() {
    let (dev, prod) = (
      EnvironmentReference(project: "shop", environment: "dev"),
      EnvironmentReference(project: "shop", environment: "prod")
    )
    let message = Self.message {
      $0.limits.dependencies = [.init(first: dev, then: prod), .init(first: prod, then: dev)]
    }
    #expect(
      message
        == "environments wait for each other: shop/dev → shop/prod → shop/dev; accepted: dependencies without a circle")
  }

  @Test("are longer lists than there is room and time for")
  func tooLong() {
    let day = MoveWorld.day
    let days = (0...3660).map { day.adding(days: $0) }
    let blackouts = [Blackout](
      repeating: Blackout(from: day, until: day, reach: .project("elsewhere")), count: 1001)
    let dependencies = [MoveLimits.Dependency](
      repeating: .init(
        first: .init(project: "shop", environment: "dev"), then: .init(project: "shop", environment: "prod")),
      count: 1001)
    let tooLong = [
      Self.message { $0.limits.days = days }, Self.message { $0.limits.blackouts = blackouts },
      Self.message { $0.limits.dependencies = dependencies },
    ]
    #expect(
      tooLong == [
        "days: 3661 are given; accepted: up to 3660", "blackouts: 1001 are given; accepted: up to 1000",
        "dependencies: 1001 are given; accepted: up to 1000",
      ])
    let longest = Self.message { world in
      world.limits.days = Array(days.dropLast())
      world.limits.blackouts = Array(blackouts.dropLast())
      world.limits.dependencies = Array(dependencies.dropLast())
      world.limits.productionPerProject = 100_000
      world.limits.wavesPerDay = 100_000
      world.limits.inFlightPerOperator = 100_000
      world.limits.perDay = 100_000
    }
    #expect(longest == "a plan")
  }

  @Test("are more moves than a plan holds")
  func tooMany() {
    let message = Self.message { world in
      let replica = world.projects[0].replicas[0]
      world.projects[0].replicas = (0...20_000).map { number in
        var existing = replica.existing
        existing.replica = number
        return .init(id: MoveWorld.id(number % 60_000), existing: existing)
      }
    }
    #expect(message == "20001 moves are wanted; accepted: up to 20000")
  }

  @Test("show no more names than anyone reads")
  func manyNames() {
    let message = Self.message { world in
      for number in 10...40 { world.add("x\(number)", cores: 1) }
      world.scope = .clusters(["z"])
    }
    #expect(message.hasSuffix("x27, …"))
  }
}
