/// What `regie dev` leaves on real clusters: the agents are ended with everything else, and what they have made stays.
enum RealClusters {
  /// What says on a namespace that it is a placement's.
  private static let label = "regie.cloud-pi-native.fr/placement"

  /// What stays on clusters and how it is removed; nil where there are none.
  ///
  /// - Parameter kubeconfigs: Cluster name → the path of its kubeconfig.
  static func farewell(_ kubeconfigs: [String: String]) -> String? {
    guard !kubeconfigs.isEmpty else { return nil }
    let commands = Set(kubeconfigs.values).sorted().map { path in
      "  kubectl --kubeconfig \(quoted(path)) delete namespaces --selector \(label)"
    }
    let names = kubeconfigs.keys.sorted().joined(separator: ", ")
    return """

      Ce que les agents ont fait sur les vrais clusters (\(names)) y reste.
      Les espaces de noms des placements, et ceux d'une autre Régie avec eux, se retirent par :
      What the agents made on real clusters stays there.
      Namespaces of placements, and those of another Régie with them, are removed by:
      \(commands.joined(separator: "\n"))
      Les espaces regie-system et regie-probe, qui servent à tout agent, restent aussi. / These two stay as well.
      """
  }

  /// As one word of a shell.
  private static func quoted(_ path: String) -> String {
    let plain = path.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+".contains($0)) }
    return plain ? path : "'" + path.replacing("'", with: "'\\''") + "'"
  }
}
