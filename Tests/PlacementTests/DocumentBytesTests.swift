import Foundation
import Model
import Placement
import Testing

/// What is kept of decisions is written without the encoder, and byte for byte as the encoder would.
@Suite struct DocumentBytesTests {
  @Test("what is kept of a decision is written as the encoder writes it")
  func bytes() throws {
    for seed in Scenario.seeds(300) {
      for form in [DecisionDocument.Form.ranked, .verdicts] {
        let record = Scenario.random(seed).explain().record(in: form)
        #expect(try record.canonicalBytes() == ModelJSON.encoder.encode(record), "seed \(seed)")
        let bytes = try record.canonicalBytes()
        #expect(try ModelJSON.decoder.decode(DecisionDocument.self, from: bytes) == record, "seed \(seed)")
        #expect(record.environments.isEmpty || DecisionDocument.Form(of: bytes) == form, "seed \(seed)")
      }
    }
  }

  @Test("the form in which decisions are kept is this one")
  func form() throws {
    var world = World()
    world.cluster("ara-1") { $0.capacity.cpu = Quantity(50) }
    let record = world.explain().record
    let best = try #require(record.environments.first)
    let text = String(decoding: try ModelJSON.encoder.encode(best), as: UTF8.self)
    #expect(
      text == """
        {"accepted":3,"best":[[2,960,960],[3,960,960],[0,920,920]],"candidates":4,"environment":"prod1",\
        "lost":[{"code":"RestrictedZoneReserved","count":1}],"refusals":[{"reason":{"code":"RestrictedZoneReserved",\
        "parameters":{"actual":"DR","dataClass":"ordinary","wanted":"usuel"}},"sites":"1"}],"remarks":[],"replicas":1,\
        "stage":"prod"}
        """)
  }

  @Test("whatever texts and numbers there are")
  func extremes() throws {
    let texts = [
      "", "\"", "\\", "/", "\u{0}\u{1}\u{8}\u{9}\u{A}\u{B}\u{C}\u{D}\u{1F}\u{7F}", "é", "\u{2028}\u{FEFF}", "😀",
      "A", "a", "B", "9", "10", "a b", "a-b", "a.b", "\u{FF21}", "\u{E000}", "\u{10000}",
    ]
    let reason = Reason(.ruleForbids, Dictionary(uniqueKeysWithValues: texts.map { ($0, "\($0)\($0)") }))
    for seed in Scenario.seeds(60) {
      var dice = SeededGenerator(seed)
      var record = Scenario.random(seed).explain().record
      record.plan.project = texts.randomElement(using: &dice) ?? ""
      record.plan.derogations = texts
      record.plan.reasons = [reason, Reason(.ruleRequires)]
      record.plan.conflict = Plan.Conflict.allCases.randomElement(using: &dice)
      record.plan.preferenceTerm = [nil, 0, Int.max].randomElement(using: &dice) ?? nil
      record.plan.preferenceTermOfNew = [nil, 0, Int.max].randomElement(using: &dice) ?? nil
      record.plan.nodes = [.max, .min, 0, -1, 9, 10].randomElement(using: &dice) ?? 0
      record.plan.policyVersion = [.max, .min].randomElement(using: &dice) ?? 0
      for number in record.plan.assignments.indices {
        record.plan.assignments[number].movedFrom = texts.randomElement(using: &dice)
        record.plan.assignments[number].limit.memory = .max
      }
      #expect(try record.canonicalBytes() == ModelJSON.encoder.encode(record), "seed \(seed)")
    }
  }
}
