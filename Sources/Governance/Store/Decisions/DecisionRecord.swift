import Foundation
import Model
public import Placement

/// A stored decision with all that making it again needs.
public struct DecisionRecord: Sendable {
  /// What names it.
  public let summary: DecisionSummary
  /// The document's bytes, as they were made then.
  public let canonicalBytes: [UInt8]
  /// What was asked of the engine: project, placements, ledger, silent zones, day.
  public let inputs: DecisionInputs
  /// The engine that the offer and the policy of then make. It is kept for those who ask next.
  public let engine: Engine

  /// The document as it is stored.
  ///
  /// - Throws: `DecodingError` where another version of the program wrote what this one can not read.
  public func document() throws -> DecisionDocument {
    try ModelJSON.decoder.decode(DecisionDocument.self, from: Data(canonicalBytes))
  }

  /// The decision, made again from what is stored alone, with the verdict of every cluster. Where this program's engine
  /// is another than the one that made it, this is what this one says to the same inputs: see ``replay()``.
  public func explanation() -> Explanation {
    engine.explain(
      inputs.request, on: PlacementState(ledger: inputs.ledger, staleZones: inputs.staleZones, for: engine))
  }

  /// As ``explanation()``, with everything said.
  public var decision: Decision { explanation().decision }

  /// Makes the decision again and compares, byte for byte.
  public func replay() throws -> ReplayResult {
    guard summary.engineVersion == EngineVersion.current else {
      return ReplayResult(
        decision: summary,
        verdict: .otherEngine(stored: summary.engineVersion, present: EngineVersion.current))
    }
    let bytes = [UInt8](try explanation().record.canonicalBytes())
    let verdict: ReplayResult.Verdict =
      bytes == canonicalBytes
      ? .equal : .differs(at: try JSONDifference.first(in: canonicalBytes, and: bytes) ?? "")
    return ReplayResult(decision: summary, verdict: verdict)
  }
}

/// What making a stored decision again has come to.
public struct ReplayResult: Sendable, Hashable {
  /// How what was made now compares to what is stored.
  public enum Verdict: Sendable, Hashable {
    /// The bytes are the same.
    case equal
    /// They differ; the path (`plan.assignments[0].cluster`) leads to the first difference, in the order of the keys.
    case differs(at: String)
    /// The engine that made it is not in this program.
    case otherEngine(stored: String, present: String)
  }

  /// The stored decision.
  public let decision: DecisionSummary
  /// How they compare.
  public let verdict: Verdict
}
