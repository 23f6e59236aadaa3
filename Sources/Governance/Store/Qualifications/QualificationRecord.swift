import Foundation
public import Model
public import Requests

/// A qualification that a region declares, and what was said of it.
public struct QualificationRecord: Sendable, Hashable {
  /// Stands for the qualification of that region as it is declared, with its days and evidence: declared otherwise it has
  /// another. 32 hexadecimal digits.
  public var id: String
  /// The region's name.
  public var region: String
  /// Who runs the region.
  public var `operator`: String
  /// As it is declared.
  public var qualification: RegionSpec.Qualification
  /// What was said of it; nil while nobody has.
  public var verdict: QualificationVerdict?

  /// How it stands.
  public var standing: QualificationBook.Standing {
    switch verdict?.outcome {
    case nil: .pending
    case .acknowledged: .acknowledged
    case .refused: .refused
    }
  }

  /// All that a region declares.
  static func all(of region: Resource<RegionSpec>, _ book: QualificationBook) throws -> [QualificationRecord] {
    try region.spec.qualifications.map { qualification in
      let named = Named(
        uid: region.metadata.uid?.uuidString.lowercased() ?? "", region: region.name, qualification: qualification)
      return QualificationRecord(
        id: String(Digest.hexadecimal(Digest.sha256([UInt8](try ModelJSON.encoder.encode(named)))).prefix(32)),
        region: region.name, operator: region.spec.operator, qualification: qualification,
        verdict: book.verdict(on: qualification))
    }
  }

  private struct Named: Encodable {
    var uid: String
    var region: String
    var qualification: RegionSpec.Qualification
  }
}
