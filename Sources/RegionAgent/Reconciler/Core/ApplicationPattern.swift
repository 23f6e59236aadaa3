public import Foundation

/// How the Argo CD Applications of a cluster's placements are called: a name in which `{placement}`, `{cluster}` and
/// `{namespace}` stand for the placement's own.
///
/// A name without any of them is one Application for all placements of the cluster, and what it says is said of each.
public struct ApplicationPattern: Sendable, Hashable {
  /// What a pattern looks like.
  public static let accepted = "an Application's name, in which {placement}, {cluster} and {namespace} may stand"

  private let text: String

  /// A pattern; nil where what comes of it is no name of an object, whatever the placement.
  public init?(_ text: String) {
    self.text = text
    // Identifiers of the usual shape: what is wrong then is wrong in the text itself.
    guard Self.isName(filled(placement: String(repeating: "0", count: 36), cluster: "a", namespace: "a")) else {
      return nil
    }
  }

  /// The name of a placement's Application.
  public func name(of placement: UUID, cluster: String, namespace: String) -> String {
    filled(placement: placement.uuidString.lowercased(), cluster: cluster, namespace: namespace)
  }

  private func filled(placement: String, cluster: String, namespace: String) -> String {
    text.replacing("{placement}", with: placement).replacing("{cluster}", with: cluster)
      .replacing("{namespace}", with: namespace)
  }

  /// As RFC 1123 and Kubernetes want it: labels of a–z, 0–9 and -, by dots.
  private static func isName(_ name: String) -> Bool {
    (1...253).contains(name.utf8.count)
      && name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
        !label.isEmpty && !label.hasPrefix("-") && !label.hasSuffix("-")
          && label.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
      }
  }
}
