import Contract
import Foundation
import Model
import Trail

/// A line of an exported trail, JSON with one member: an entry, an anchor of the entry before it, or what the whole file
/// should be.
enum AuditFileLine: Codable, Sendable, Hashable {
  case entry(AuditEntryView)
  case anchor(AuditAnchorRecord)
  case end(AuditFileEnd)

  private enum Member: String, CodingKey, CaseIterable {
    case entry, anchor, end
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Member.self)
    switch container.allKeys {
    case [.entry]: self = .entry(try container.decode(AuditEntryView.self, forKey: .entry))
    case [.anchor]: self = .anchor(try container.decode(AuditAnchorRecord.self, forKey: .anchor))
    case [.end]: self = .end(try container.decode(AuditFileEnd.self, forKey: .end))
    default:
      throw DecodingError.dataCorrupted(
        DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "entry, anchor or end is wanted"))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Member.self)
    switch self {
    case .entry(let entry): try container.encode(entry, forKey: .entry)
    case .anchor(let anchor): try container.encode(anchor, forKey: .anchor)
    case .end(let end): try container.encode(end, forKey: .end)
    }
  }

  /// The line as it is written, without its newline.
  func bytes() throws -> [UInt8] { [UInt8](try ModelJSON.encoder.encode(self)) }

  /// Reads a line; nil for one that is not byte for byte as ``bytes()`` writes it: nothing may stand in a file that nobody
  /// looks at.
  init?(_ bytes: [UInt8]) {
    guard let line = try? ModelJSON.decoder.decode(AuditFileLine.self, from: Data(bytes)),
      (try? line.bytes()) == bytes
    else { return nil }
    self = line
  }
}

/// The last line of an exported trail: what was exported.
struct AuditFileEnd: Codable, Sendable, Hashable {
  /// The first position.
  var from: Int64
  /// The last one; before the first where there are no entries.
  var to: Int64
  /// The link of the last entry, hexadecimal; that of the entry before the first where there are none.
  var head: String
  /// How many entries.
  var count: Int64
  /// SHA-256 of all lines before this one with their newlines, hexadecimal: tells a damaged copy, and nobody's intentions.
  var digest: String
}
