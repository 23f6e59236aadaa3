/// A cluster's name and where its API is found.
struct ClusterSource: Sendable, Hashable {
  /// How the API is reached.
  enum Access: Sendable, Hashable {
    case kubeconfig(path: String, context: String?)
    case inCluster
    case plain(url: String)
  }

  /// What a list of clusters looks like.
  static let accepted = "name=kubeconfig-path[#context], name=in-cluster or name=http://127.0.0.1:PORT, by commas"

  /// What the access to one cluster looks like.
  static let accessAccepted = "kubeconfig-path[#context], in-cluster or http://127.0.0.1:PORT"

  let name: String
  let access: Access

  /// Reads `name=access,name=access`; nil when a part is not of that form, or a name stands twice.
  static func list(_ text: String) -> [ClusterSource]? {
    var sources: [ClusterSource] = []
    guard let parts = NamedList.parts(text) else { return nil }
    for (name, value) in parts {
      guard let access = access(value), !sources.contains(where: { $0.name == name }) else { return nil }
      sources.append(ClusterSource(name: name, access: access))
    }
    return sources
  }

  /// How one cluster is reached; nil where the text is not of that form.
  static func access(_ text: String) -> Access? {
    if text == "in-cluster" { return .inCluster }
    if text.hasPrefix("http://") { return .plain(url: text) }
    let halves = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard halves.allSatisfy({ !$0.isEmpty }) else { return nil }
    return .kubeconfig(path: halves[0], context: halves.count == 2 ? halves[1] : nil)
  }
}
