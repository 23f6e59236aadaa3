import Foundation
import Model

/// What the console's clusters are called as resources, whatever the order of its files.
///
/// One that somebody has declared already keeps its name: it is known by the console's identifier, or by its label where
/// nothing is said of its identifier. Else one machine would become two clusters, each with a ledger of its own. Another
/// one is named after its label, and after its identifier too where that name is not its alone.
struct ConsoleNames: Sendable {
  private let declared: [Resource<ClusterSpec>]
  private let identifiers: Set<UUID>
  /// How many of the export's labels make a name.
  private let counts: [String: Int]

  /// - Parameter declared: the clusters that somebody has declared; the first one counts.
  init(_ clusters: [ConsoleExport.Cluster], declared: [Resource<ClusterSpec>]) {
    self.declared = declared
    identifiers = Set(clusters.map(\.id))
    counts = clusters.reduce(into: [:]) { $0[Self.plain($1.label), default: 0] += 1 }
  }

  func name(of cluster: ConsoleExport.Cluster) -> String {
    if let there = there(cluster) { return there.name }
    let name = Self.plain(cluster.label)
    // One of which nothing is said of the console may be this one.
    let isTaken = declared.contains { $0.name == name && $0.spec.console != nil }
    guard isTaken || counts[name, default: 0] > 1 else { return name }
    return "\(name.prefix(26))-\(cluster.id.uuidString.lowercased())"
  }

  /// The declared cluster that has this one's name: what is said of this one is written over it, and the rest of it
  /// stays.
  func declaration(of cluster: ConsoleExport.Cluster) -> Resource<ClusterSpec>? {
    let name = name(of: cluster)
    return there(cluster) ?? declared.first { $0.name == name }
  }

  /// The declared cluster that has the label of another one of the console's, under an identifier that the console does
  /// not know: whether that is the same machine nobody can say, and the service takes no label twice.
  func rival(of cluster: ConsoleExport.Cluster) -> Resource<ClusterSpec>? {
    guard there(cluster) == nil else { return nil }
    return declared.first { one in
      guard let console = one.spec.console, let id = console.id else { return false }
      return console.label == cluster.label && !identifiers.contains(id)
    }
  }

  private func there(_ cluster: ConsoleExport.Cluster) -> Resource<ClusterSpec>? {
    declared.first { $0.spec.console?.id == cluster.id }
      ?? declared.first { $0.spec.console?.id == nil && $0.spec.console?.label == cluster.label }
  }

  /// A label as a resource's name: what no name may hold becomes a dash.
  private static func plain(_ label: String) -> String {
    let plain = label.folding(options: [.diacriticInsensitive, .caseInsensitive], locale: nil)
    let words = plain.split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }
    let base = String(words.joined(separator: "-").prefix(50))
    return base.isEmpty ? "cluster" : base
  }
}
