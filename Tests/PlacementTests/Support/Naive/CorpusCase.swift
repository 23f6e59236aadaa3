import Foundation
import Model
import Placement

/// A decision that was recorded: what it was made on, and the bytes of the answer.
struct CorpusCase: Sendable, CustomStringConvertible {
  var name: String
  var scenario: Scenario
  /// The whole decision, as it was.
  var decision: Data
  /// What is kept of it, in the form of its version.
  var record: Data
  /// What is kept of it in the form of today.
  var ranked: Data

  var description: String { name }

  /// Makes the decision now.
  ///
  /// - Parameter form: in which what is kept of it is written.
  init(_ name: String, _ scenario: Scenario, in form: DecisionDocument.Form = .ranked) throws {
    self.name = name
    self.scenario = scenario
    let explanation = scenario.explain()
    decision = try explanation.decision.canonicalBytes()
    record = try explanation.record(in: form).canonicalBytes()
    ranked = try explanation.record.canonicalBytes()
  }

  /// Reads a case that was written.
  init(_ name: String, in folder: URL) throws {
    self.name = name
    scenario = try ModelJSON.decoder.decode(Scenario.self, from: Self.read(folder, name, "inputs"))
    decision = try Self.read(folder, name, "decision")
    record = try Self.read(folder, name, "record")
    let isApart = FileManager.default.fileExists(atPath: Self.file(folder, name, "ranked").path())
    ranked = isApart ? try Self.read(folder, name, "ranked") : record
  }

  /// Writes it: each file is one line.
  func write(to folder: URL) throws {
    for (part, bytes) in [
      ("inputs", try ModelJSON.encoder.encode(scenario)), ("decision", decision), ("record", record),
    ] {
      try (bytes + Data("\n".utf8)).write(to: Self.file(folder, name, part), options: .withoutOverwriting)
    }
  }

  /// Where two answers part first, with what stands around there; nil where they are the same.
  static func difference(_ recorded: Data, _ replayed: Data) -> String? {
    guard recorded != replayed else { return nil }
    let index = zip(recorded, replayed).prefix { $0 == $1 }.count
    func around(_ data: Data) -> String {
      String(decoding: data.dropFirst(max(0, index - 60)).prefix(140), as: UTF8.self)
    }
    return "at byte \(index): recorded …\(around(recorded))…, now …\(around(replayed))…"
  }

  private static func file(_ folder: URL, _ name: String, _ part: String) -> URL {
    folder.appending(path: "\(name).\(part).json")
  }

  private static func read(_ folder: URL, _ name: String, _ part: String) throws -> Data {
    let data = try Data(contentsOf: file(folder, name, part))
    return data.last == UInt8(ascii: "\n") ? data.dropLast() : data
  }
}
