import Model

/// Which class of data inherits from which.
struct ClassTree: Sendable {
  let classes: [PolicySpec.DataClass]
  /// For each class, the numbers of those it inherits from, nearest first; a circle is gone round once.
  let ancestors: [[Int]]

  init(_ policy: PolicySpec) {
    classes = policy.dataClasses
    let numbers = Dictionary(classes.enumerated().map { ($1.name, $0) }) { first, _ in first }
    let parents = classes.map { $0.parent.flatMap { numbers[$0] } }
    ancestors = classes.indices.map { number in
      var (found, seen) = ([Int](), Set([number]))
      var next = parents[number]
      while let parent = next, seen.insert(parent).inserted {
        found.append(parent)
        next = parents[parent]
      }
      return found
    }
  }

  /// The class and those that inherit from it, in the order of the document.
  func heirs(of number: Int) -> [Int] {
    classes.indices.filter { $0 == number || ancestors[$0].contains(number) }
  }
}
