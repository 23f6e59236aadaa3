import Migration
import Model
import Testing

/// What a target is looked at for before users are led there.
@Suite struct TargetFaultTests {
  private static let quota = ResourceAmounts(cpu: 4000, memory: 8 << 30, pods: 20)

  private static func codes(_ change: (inout TargetFault.Sight) -> Void) -> [String] {
    var sight = TargetFault.Sight(isReady: true, quota: quota, used: quota)
    change(&sight)
    return TargetFault.faults(of: sight).map(\.code)
  }

  @Test func `a target that is ready and large enough has no fault`() {
    #expect(Self.codes { _ in } == [])
    #expect(Self.codes { $0.used = nil } == [])
    // What has no quota is not limited.
    #expect(Self.codes { $0.used?.gpu = 3 } == [])
  }

  @Test func `each fault is told by itself`() {
    #expect(Self.codes { $0.isReady = false } == ["notReady"])
    #expect(Self.codes { ($0.isReady, $0.isRefused) = (false, true) } == ["refused"])
    #expect(Self.codes { ($0.isReady, $0.isAwaitingOwner) = (false, true) } == ["awaitingOwner"])
    #expect(Self.codes { $0.isSilent = true } == ["silent"])
    #expect(Self.codes { $0.used = ResourceAmounts(cpu: 4001, memory: 9 << 30) } == ["usage/cpu", "usage/memory"])
    #expect(Self.codes { $0.ending = ["b", "a"] } == ["derogationEnds/a", "derogationEnds/b"])
  }

  @Test func `codes are read back, and have sentences in both languages`() {
    let faults: [TargetFault] =
      [.notReady, .refused, .awaitingOwner, .silent, .derogationEnds(name: "d/1")]
      + CountedResource.allCases.map { .usage($0) }
    for fault in faults {
      #expect(TargetFault(code: fault.code) == fault)
      #expect(!fault.sentence.fr.isEmpty && fault.sentence.en?.isEmpty == false)
    }
    for code in ["", "usage", "usage/time", "silent/x", "else"] { #expect(TargetFault(code: code) == nil) }
  }
}
