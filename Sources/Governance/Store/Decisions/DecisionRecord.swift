import Foundation
import Model
public import Placement

/// A stored decision with all that is needed to explain it.
public struct DecisionRecord: Sendable {
  /// What names it.
  public let summary: DecisionSummary
  /// The document's bytes, as they were made then.
  public let canonicalBytes: [UInt8]
  /// What it is explained by.
  let ground: Ground

  /// What a stored decision is explained by.
  enum Ground: Sendable {
    /// What was asked of the engine, and that engine: the offer and the policy of then make it. It is kept for those who
    /// ask next.
    case engine(DecisionInputs, Engine)
    /// Another version of the engine made it, or what it was made on is not here any more; its clusters, by number, and none
    /// where they are not known.
    case document(Offer)
  }

  /// A stored decision as it can be told.
  public enum Explained: Sendable {
    /// Made again by the version of the engine that made it, with the verdict of every cluster.
    case byEngine(Explanation, Engine)
    /// Another version of the engine has made it, or what it was made on is not here any more. What this program's would say
    /// to the same inputs, or to others, is not what was decided, so this is what was stored of it, and no more.
    case asStored(StoredExplanation)

    /// Where the project goes, or what stands in its way, as it was decided.
    public var plan: Plan {
      switch self {
      case .byEngine(let explanation, _): explanation.plan
      case .asStored(let stored): stored.document.plan
      }
    }
  }

  /// The decision, explained as it was made.
  ///
  /// - Throws: ``StoreError`` of kind `conflict` where another version of the program wrote what this one can not read.
  public func explained() throws -> Explained {
    switch ground {
    case .engine(let inputs, let engine):
      let state = PlacementState(ledger: inputs.ledger, staleZones: inputs.staleZones, for: engine)
      return .byEngine(engine.explain(inputs.request, on: state), engine)
    case .document(let offer):
      return .asStored(
        StoredExplanation(document: try document(), engineVersion: summary.engineVersion, offer: offer))
    }
  }

  /// The document as it is stored.
  ///
  /// - Throws: ``StoreError`` of kind `conflict` where another version of the program wrote what this one can not read.
  public func document() throws -> DecisionDocument {
    do {
      return try ModelJSON.decoder.decode(DecisionDocument.self, from: Data(canonicalBytes))
    } catch is DecodingError {
      throw StoreError.ofAnotherForm(summary)
    }
  }

  /// Makes the decision again and compares, byte for byte, in the form in which it is stored.
  public func replay() throws -> ReplayResult {
    guard case .engine = ground, case .byEngine(let explanation, _) = try explained() else {
      return ReplayResult(
        decision: summary,
        verdict: .otherEngine(stored: summary.engineVersion, present: EngineVersion.current))
    }
    let form = DecisionDocument.Form(of: Data(canonicalBytes))
    let bytes = [UInt8](try explanation.record(in: form).canonicalBytes())
    let verdict: ReplayResult.Verdict =
      bytes == canonicalBytes
      ? .equal : .differs(at: try JSONDifference.first(in: canonicalBytes, and: bytes) ?? "")
    return ReplayResult(decision: summary, verdict: verdict)
  }
}

/// What was stored of a decision that another version of the engine made, or that was made on what is not here any more.
public struct StoredExplanation: Sendable {
  /// The document.
  public let document: DecisionDocument
  /// The engine that made it.
  public let engineVersion: String
  /// The offer it was made on: the document gives its clusters by numbers, from 0. It is empty where that is not here.
  public let offer: Offer
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
