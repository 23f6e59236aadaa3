import Model
import Placement

/// Names for the environments that moved ones become: the console never renames one, nor moves it to another cluster.
enum NewNames {
  /// The longest name that the console takes.
  static let longest = 11

  /// By environment that moves, a name that none of the project has or ever had: the old one's letters and the first free
  /// number from 2 on.
  static func names(for moving: [String], of placed: PlacedProject) -> [String: String] {
    var taken = Set(placed.project.spec.environments.map(\.name) + placed.formerNames)
    taken.formUnion(placed.replicas.map(\.existing.environment))
    var names: [String: String] = [:]
    for environment in Set(moving).sorted() {
      let name = free(environment, taken)
      names[environment] = name
      taken.insert(name)
    }
    return names
  }

  private static func free(_ old: String, _ taken: Set<String>) -> String {
    let stem = stem(of: old)
    var number = 2
    while true {
      let digits = String(number)
      let name = String(stem.prefix(longest - digits.count)) + digits
      if !taken.contains(name) { return name }
      number += 1
    }
  }

  /// The name without the number at its end; what the console would not take is left out.
  private static func stem(of old: String) -> String {
    let letters = old.lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
    let stem = String(letters.reversed().drop { $0.isNumber }.reversed())
    return stem.isEmpty ? "env" : stem
  }
}
