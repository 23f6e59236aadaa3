/// What goes after what, as a graph of environments.
struct DependencyOrder {
  private let firsts: [EnvironmentReference: [EnvironmentReference]]

  init(_ dependencies: [MoveLimits.Dependency]) {
    firsts = Dictionary(grouping: dependencies, by: \.then).mapValues { Set($0.map(\.first)).sorted() }
  }

  /// What an environment waits for.
  func firsts(of environment: EnvironmentReference) -> [EnvironmentReference] { firsts[environment] ?? [] }

  /// Environments that wait for each other, the first one again at the end; nil where none do.
  var circle: [EnvironmentReference]? {
    var done: Set<EnvironmentReference> = []
    for start in firsts.keys.sorted() {
      var (path, next): ([EnvironmentReference], [Int]) = ([start], [0])
      while let last = path.last {
        let waiting = firsts(of: last)
        let position = next[next.count - 1]
        guard position < waiting.count, !done.contains(last) else {
          done.insert(last)
          path.removeLast()
          next.removeLast()
          continue
        }
        next[next.count - 1] += 1
        if let index = path.firstIndex(of: waiting[position]) { return Array(path[index...]) + [waiting[position]] }
        path.append(waiting[position])
        next.append(0)
      }
    }
    return nil
  }
}
