import Contract
import Crypto
import Foundation
import Trail

/// Writes an exported trail, and goes on where one was broken off.
struct AuditFileWriter {
  /// The place before the first entry of the file.
  private var before: Int64
  /// The last entry that was written; the one before the first where there is none.
  private(set) var head: AuditHead
  private var count: Int64 = 0
  /// Keys of the anchors that stand after the last entry.
  private var anchored: Set<String> = []
  private var hash = SHA256()
  private let write: (Data) throws -> Void

  /// A new file.
  ///
  /// - Parameter head: the entry after which it begins.
  init(after head: AuditHead, write: @escaping (Data) throws -> Void) {
    before = head.position
    self.head = head
    self.write = write
  }

  /// Whether nothing is in it yet.
  var isEmpty: Bool { count == 0 }

  /// Whether an entry goes on from the last one; of what is before a part of the trail nothing is known.
  func isFollowed(by seal: AuditSeal) -> Bool {
    seal.position == head.position + 1 && (seal.previous == head.link || (isEmpty && before > 0))
  }

  /// Takes over a line that stands in the file already.
  mutating func takeOver(_ line: AuditFileLine) throws {
    try note(line)
  }

  /// Writes an entry or anchor.
  mutating func append(_ line: AuditFileLine) throws {
    let bytes = try note(line)
    try write(Data(bytes))
  }

  /// Whether an anchor is to be written now.
  func wants(_ record: AuditAnchorRecord) -> Bool { !anchored.contains(record.key) }

  /// Writes the last line.
  ///
  /// - Returns: what it says.
  func finish() throws -> AuditFileEnd {
    let end = AuditFileEnd(
      from: before + 1, to: head.position, head: head.linkText, count: count,
      digest: HexText.encode(Array(hash.finalize())))
    try write(Data(try AuditFileLine.end(end).bytes() + [UInt8(ascii: "\n")]))
    return end
  }

  @discardableResult
  private mutating func note(_ line: AuditFileLine) throws -> [UInt8] {
    switch line {
    case .entry(let view):
      if let seal = view.entry?.seal {
        if isEmpty { before = seal.position - 1 }
        head = AuditHead(position: seal.position, link: seal.link)
      }
      count += 1
      anchored = []
    case .anchor(let record): anchored.insert(record.key)
    case .end: break
    }
    let bytes = try line.bytes() + [UInt8(ascii: "\n")]
    hash.update(data: bytes)
    return bytes
  }
}
