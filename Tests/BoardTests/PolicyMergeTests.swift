import Model
import TestSupport
import Testing

@testable import Board

/// Two texts that go back to the same third one.
struct PolicyMergeTests {
  private let base = Fixture.policy(rules: ["a", "b", "c"])

  private func changed(_ change: (inout PolicySpec) -> Void) -> PolicySpec {
    var copy = base
    change(&copy)
    return copy
  }

  private func merge(_ ours: (inout PolicySpec) -> Void, _ theirs: (inout PolicySpec) -> Void) -> PolicyMerge {
    PolicyMerge(base: base, ours: changed(ours), theirs: changed(theirs))
  }

  @Test func `changes of different parts come together`() {
    let merge = merge(
      { spec in
        spec.rules[0].notWaivable = true
        spec.scoring = .init(balance: 3)
        spec.rules.insert(Fixture.rule("ours"), at: 1)
      },
      { spec in
        spec.rules.remove(at: 1)
        spec.dataClasses.append(.init(name: "new", sensitivity: .usuel))
        spec.rules.append(Fixture.rule("theirs"))
        spec.title.fr = "Autre"
      })
    #expect(merge.conflicts == [])
    #expect(merge.merged.rules.map(\.id) == ["a", "ours", "c", "theirs"])
    #expect(merge.merged.rules[0].notWaivable && merge.merged.scoring?.balance == 3)
    #expect(merge.merged.dataClasses.map(\.name) == ["public", "new"] && merge.merged.title.fr == "Autre")
  }

  @Test func `what both have changed alike is no conflict, and what they have changed otherwise is named`() {
    let same = merge({ $0.rules[0].notWaivable = true }, { $0.rules[0].notWaivable = true })
    #expect(same.conflicts == [] && same.merged.rules[0].notWaivable)
    let other = merge(
      { spec in
        spec.rules[0].notWaivable = true
        spec.rules.remove(at: 1)
        spec.rules[1].stages = ["dev"]
        spec.rules.append(Fixture.rule("new"))
        spec.flowDelayDays = 3
      },
      { spec in
        spec.rules[0].stages = ["prod"]
        spec.rules[1].stages = ["prod"]
        spec.rules.remove(at: 2)
        spec.rules.append(Fixture.rule("new", .require))
        spec.flowDelayDays = 4
      })
    #expect(
      other.conflicts == [
        MergeConflict(path: "spec.rules[a]", kind: .bothChanged),
        MergeConflict(path: "spec.rules[b]", kind: .removedByOurs),
        MergeConflict(path: "spec.rules[c]", kind: .removedByTheirs),
        MergeConflict(path: "spec.rules[new]", kind: .bothAdded),
        MergeConflict(path: "spec.flowDelayDays", kind: .bothChanged),
      ])
    #expect(other.merged.rules.map(\.id) == ["a", "c", "new"] && other.merged.flowDelayDays == 3)
  }

  @Test func `every field that one side has changed is taken over`() {
    let other = PolicySpec(
      title: LocalizedText(fr: "Autre"), dataClasses: [.init(name: "other", sensitivity: .restricted)],
      rules: [Fixture.rule("other")], capacity: [.init(id: "other", reserve: Quantity("0.1"))],
      limits: [.init(subject: LabelSelector())], scoring: .init(balance: 3), governance: .init(quorum: 7),
      flowDelayDays: 9, heartbeatLimitSeconds: 99, capacityMaxAgeSeconds: 999, complianceDays: 9,
      derogationNoticeDays: 9)
    for (field, (before, after)) in zip(Mirror(reflecting: base).children, Mirror(reflecting: other).children)
      .map({ ($0.label ?? "", ("\($0.value)", "\($1.value)")) })
    {
      #expect(before != after, "the two texts of this test are to differ in \(field)")
    }
    let theirs = PolicyMerge(base: base, ours: base, theirs: other)
    #expect(theirs.merged == other && theirs.conflicts == [])
    #expect(PolicyMerge(base: base, ours: other, theirs: base).merged == other)
  }

  @Test func `the order of capacity rules is a meaning, and two orders are a conflict`() {
    let rules = ["x", "y", "z", "new"].map { PolicySpec.CapacityRule(id: $0, reserve: Quantity("0.1")) }
    let base = changed { $0.capacity = Array(rules.prefix(3)) }
    func merge(_ ours: [Int], _ theirs: [Int]) -> PolicyMerge {
      PolicyMerge(
        base: base, ours: changed { $0.capacity = ours.map { rules[$0] } },
        theirs: changed { $0.capacity = theirs.map { rules[$0] } })
    }
    #expect(merge([2, 0, 1], [0, 1, 2]).merged.capacity.map(\.id) == ["z", "x", "y"])
    #expect(merge([0, 1, 2], [2, 0, 1]).merged.capacity.map(\.id) == ["z", "x", "y"])
    #expect(merge([2, 0, 1], [1, 0, 2]).conflicts == [MergeConflict(path: "spec.capacity", kind: .bothMoved)])
    #expect(merge([2, 0, 1], [2, 0, 1]).conflicts == [])
    // What was removed there has no place here, and what was added here has none there: neither is another order.
    let removed = merge([2, 0, 1], [1, 0])
    #expect(removed.conflicts == [] && removed.merged.capacity.map(\.id) == ["y", "x"])
    let added = merge([2, 0, 1, 3], [2, 0, 1])
    #expect(added.conflicts == [] && added.merged.capacity.map(\.id) == ["z", "x", "y", "new"])
  }

  @Test func `limits are told apart by whom they mean, and by their order where that is the same`() {
    let ministry = LabelSelector(
      matchLabels: ["project.organisation": "mi"],
      matchExpressions: [.init(key: "project.service", operator: .in, values: ["b", "a"])])
    let limit = { (cpu: String) in PolicySpec.ContractualLimit(subject: ministry, production: .init(cpu: Quantity(cpu)))
    }
    let base = changed { $0.limits = [limit("1"), limit("2")] }
    let merge = PolicyMerge(
      base: base, ours: changed { $0.limits = [limit("1"), limit("3")] },
      theirs: changed { $0.limits = [limit("5"), limit("2")] })
    #expect(merge.conflicts == [] && merge.merged.limits == [limit("5"), limit("3")])
  }

  @Test func `whatever is changed at random, a text merged with its base is itself, and alike from both sides`() {
    var random = Dice(seed: 20_261_126)
    for _ in 0..<300 {
      let (ours, theirs) = (Self.random(from: base, &random), Self.random(from: base, &random))
      #expect(PolicyMerge(base: base, ours: ours, theirs: base).merged == ours)
      #expect(PolicyMerge(base: base, ours: base, theirs: theirs).merged == theirs)
      #expect(PolicyMerge(base: base, ours: ours, theirs: ours).conflicts == [])
      let (one, other) = (
        PolicyMerge(base: base, ours: ours, theirs: theirs), PolicyMerge(base: base, ours: theirs, theirs: ours)
      )
      #expect(Set(one.conflicts.map(\.path)) == Set(other.conflicts.map(\.path)), "seed 20261126")
      if one.conflicts.isEmpty { #expect(Set(one.merged.rules) == Set(other.merged.rules), "seed 20261126") }
    }
  }

  private static func random(from base: PolicySpec, _ random: inout some RandomNumberGenerator) -> PolicySpec {
    var spec = base
    for _ in 0..<Int.random(in: 0...3, using: &random) {
      switch Int.random(in: 0...3, using: &random) {
      case 0 where !spec.rules.isEmpty: spec.rules.remove(at: Int.random(in: 0..<spec.rules.count, using: &random))
      case 1 where !spec.rules.isEmpty:
        spec.rules[Int.random(in: 0..<spec.rules.count, using: &random)].stages = [
          ["dev", "prod"].randomElement(using: &random) ?? "dev"
        ]
      case 2:
        let id = "new-\(Int.random(in: 0...1, using: &random))"
        guard !spec.rules.contains(where: { $0.id == id }) else { continue }
        spec.rules.insert(
          Fixture.rule(id, Bool.random(using: &random) ? .forbid : .require),
          at: Int.random(in: 0...spec.rules.count, using: &random))
      default: spec.scoring = .init(balance: Int.random(in: 0...2, using: &random))
      }
    }
    return spec
  }
}
