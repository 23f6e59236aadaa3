import Foundation
import Model
import Placement
import Policy
import Testing

/// Whatever can be read is judged on the offer of the examples, valid or not: what is stored is not validated anew.
///
/// `REGIE_FUZZ_SEED` repeats a run, `REGIE_FUZZ_ITERATIONS` makes it longer, `REGIE_FUZZ_SECONDS` runs it for so long
/// instead (`make fuzz`).
@Suite("Damaged policies and projects")
struct FuzzTests {
  private static func setting(_ name: String) -> UInt64? {
    ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) }
  }

  private struct Counts {
    var taken = 0
    var refused = 0
    var judged = 0
    var planned = 0
    var plain = 0

    /// Whether there was something of each kind.
    var areAll: Bool { taken > 0 && refused > 0 && judged > 0 && planned > 0 && plain > 0 }
  }

  @Test("are read or refused with a place, round-trip when they are read, and can be judged and compiled")
  func damaged() throws {
    let seed = Self.setting("REGIE_FUZZ_SEED") ?? UInt64.random(in: 0...UInt64.max)
    let iterations = Self.setting("REGIE_FUZZ_ITERATIONS").map { Int(clamping: $0) } ?? 4_000
    print("FuzzTests: seed \(seed) (REGIE_FUZZ_SEED)")
    var mutator = Mutator(seed: seed, corpus: try Corpus.texts())
    let world = try FuzzWorld()
    // Not before all is there: whoever gives way to everybody may need as long for that.
    let end = Self.setting("REGIE_FUZZ_SECONDS").map { ContinuousClock.now + .seconds(Int64(clamping: $0)) }
    var counts = Counts()
    var iteration = 0
    while true {
      let isOver = end.map { ContinuousClock.now >= $0 } ?? (iteration >= iterations)
      // Where others had nearly all of the time there were few texts: then until there was something of each kind.
      if isOver, counts.areAll || iteration >= iterations { break }
      let text = mutator.next()
      let isSound = try check(text, on: world, &counts)
      // A crash leaves no time to say what it was: the seed and the number find it again.
      #expect(isSound, "seed \(seed), iteration \(iteration): \(String(decoding: text.bytes, as: UTF8.self))")
      iteration += 1
    }
    print("FuzzTests: \(iteration) texts: \(counts)")
    #expect(counts.areAll, "\(counts)")
  }

  @Test("undamaged, are read and round-trip")
  func undamaged() throws {
    var counts = Counts()
    let (corpus, world) = (try Corpus.texts(), try FuzzWorld())
    for text in corpus { #expect(try check(text, on: world, &counts)) }
    #expect(counts.planned > 0 && counts.judged > 0)
    #expect(counts.taken == corpus.count && counts.refused == 0)
  }

  @Test("with each number at its ends, are read or refused, judged and planned as well")
  func extremes() throws {
    var counts = Counts()
    let world = try FuzzWorld()
    for text in Corpus.numbered.flatMap(Mutator.extremes) {
      let isSound = try check(text, on: world, &counts)
      #expect(isSound, "\(String(decoding: text.bytes, as: UTF8.self))")
    }
    #expect(counts.taken > 0 && counts.refused > 0 && counts.judged > 0 && counts.planned > 0)
  }

  /// Whether everything that must hold of a text does.
  private func check(_ text: Corpus.Text, on world: FuzzWorld, _ counts: inout Counts) throws -> Bool {
    let data = Data(text.bytes)
    let documents: [ResourceDocument]
    do throws(DocumentErrors) {
      if text.isJSON, let string = String(validating: data, as: UTF8.self) {
        documents = try ResourceDocument.read(json: string)
      } else {
        documents = try ResourceDocument.read(data)
      }
    } catch {
      counts.refused += 1
      guard plainly(text) == nil else { return false }
      return !error.problems.isEmpty && error.problems.allSatisfy { isPlaced($0, in: text.bytes) }
    }
    counts.taken += 1
    var isSound = try readsAlike(documents, text, &counts)
    for document in documents {
      isSound = isSound && document.problems.allSatisfy { isPlaced($0, in: text.bytes) }
      isSound = try isSound && roundTrips(document.resource)
      switch document.resource {
      case .policy(let policy):
        counts.judged += 1
        isSound = isSound && judge(policy.spec, document, in: text.bytes) && world.plans(under: policy.spec)
      case .project(let project):
        counts.planned += 1
        isSound = isSound && world.plans(project)
      default: break
      }
    }
    return isSound
  }

  private func plainly(_ text: Corpus.Text) -> Resource<ProjectSpec>? {
    text.bytes.withUnsafeBufferPointer { PlainProject.read($0) }
  }

  /// What is read plainly is the one project that the text holds, to the letter, and has nothing wrong.
  private func readsAlike(_ documents: [ResourceDocument], _ text: Corpus.Text, _ counts: inout Counts) throws -> Bool {
    guard let plain = plainly(text) else { return true }
    counts.plain += 1
    guard documents.count == 1, case .project(let project) = documents[0].resource, documents[0].problems.isEmpty
    else { return false }
    return try ModelJSON.encoder.encode(plain) == ModelJSON.encoder.encode(project)
  }

  /// A place in the text, or just behind its end; and sentences in both languages.
  private func isPlaced(_ problem: FieldProblem, in bytes: [UInt8]) -> Bool {
    guard let line = problem.line, let column = problem.column, !problem.message.isEmpty, !problem.messageFR.isEmpty
    else { return false }
    return isPlace(line, column, in: bytes)
  }

  private func isPlace(_ line: Int, _ column: Int, in bytes: [UInt8]) -> Bool {
    // YAML has other ends of lines beside the line feed: no text has more lines than bytes.
    line >= 1 && column >= 1 && line <= bytes.count + 1 && column <= bytes.count + 2
  }

  /// A resource without errors is the same when it is written and read again, in both forms.
  private func roundTrips(_ resource: AnyResource) throws -> Bool {
    guard !resource.problems.contains(where: { $0.severity == .error }) else { return true }
    let json = try AnyResource.decode(json: ModelJSON.encoder.encode(resource))
    let yaml = try ResourceDocument.decode(yaml: resource.encodeYAML())
    return json == resource && yaml == [resource]
  }

  /// Judging and compiling take any policy that can be read, valid or not.
  private func judge(_ policy: PolicySpec, _ document: ResourceDocument, in bytes: [UInt8]) -> Bool {
    guard let day = CalendarDay("2026-11-23") else { return false }
    let findings = PolicyValidator.findings(in: policy, on: Offer(), day: day)
    let engine = Engine(offer: Offer(), policy: EffectivePolicy(version: 1, spec: policy), day: day)
    let areRefused = document.problems.filter { $0.severity == .error && $0.path.hasPrefix("spec") }
    return engine.policy.spec == policy
      && areRefused.allSatisfy { problem in findings.contains { $0.path == problem.path } }
      && findings.allSatisfy { finding in
        let placed = finding.placed(in: document)
        return isPlace(placed.line ?? 0, placed.column ?? 0, in: bytes)
      }
  }
}
