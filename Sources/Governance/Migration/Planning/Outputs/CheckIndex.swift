import Crypto
import Foundation
import Model
import Placement

/// A digest of all that a plan was judged on, part by part, so that whoever starts it can tell what has changed.
public struct CheckIndex: Codable, Sendable, Hashable {
  /// What a part is of.
  public enum Subject: String, Codable, Sendable, CaseIterable, Comparable {
    case policy
    case `operator`
    case region
    case zone
    case cluster
    case chain
    /// What an agent found on a cluster.
    case facts
    /// The zones that are not heard.
    case silence
    /// What a cluster has promised, for the clusters that something goes away from or to.
    case ledger
    /// A project that something is moved of, and all it has.
    case project

    /// In the order of the list.
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  /// One part.
  public struct Part: Codable, Sendable, Hashable {
    /// What it is of.
    public var subject: Subject
    /// Its name.
    public var name: String
    /// SHA-256 of its content.
    public var digest: String
  }

  /// A part that is not what it was.
  public struct Difference: Codable, Sendable, Hashable {
    /// How it differs.
    public enum Change: String, Codable, Sendable, CaseIterable {
      case added
      case changed
      case removed
    }

    /// What it is of.
    public var subject: Subject
    /// Its name.
    public var name: String
    /// How it differs.
    public var change: Change
  }

  /// Sorted by subject and name.
  public let parts: [Part]

  /// The digest of all parts.
  public var digest: String {
    Self.digest(of: Data(parts.map { "\($0.subject.rawValue)/\($0.name)=\($0.digest)\n" }.joined().utf8))
  }

  /// What has to happen to this one to become the other one, sorted by subject and name.
  public func differences(to present: CheckIndex) -> [Difference] {
    var (differences, left, right): ([Difference], Int, Int) = ([], 0, 0)
    func key(_ part: Part) -> (Subject, String) { (part.subject, part.name) }
    func add(_ part: Part, _ change: Difference.Change) {
      differences.append(Difference(subject: part.subject, name: part.name, change: change))
    }
    while left < parts.count || right < present.parts.count {
      if right == present.parts.count || (left < parts.count && key(parts[left]) < key(present.parts[right])) {
        add(parts[left], .removed)
        left += 1
      } else if left == parts.count || key(present.parts[right]) < key(parts[left]) {
        add(present.parts[right], .added)
        right += 1
      } else {
        if parts[left] != present.parts[right] { add(parts[left], .changed) }
        left += 1
        right += 1
      }
    }
    return differences
  }

  static func digest(of data: Data) -> String {
    SHA256.hash(data: data).map { byte in
      let text = String(byte, radix: 16)
      return byte < 16 ? "0" + text : text
    }.joined()
  }

  init(parts: [Part]) {
    self.parts = parts.sorted { ($0.subject, $0.name) < ($1.subject, $1.name) }
  }
}
