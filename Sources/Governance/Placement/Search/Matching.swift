/// How many items can each have a place of their own choice, with at most so many items in a place.
enum Matching {
  /// The size of the largest assignment of items to places; `choices` are the places open to each item.
  static func size(of choices: [[Int]], capacity: Int) -> Int { size(of: choices) { _ in capacity } }

  /// The size of the largest assignment, where each place has a capacity of its own.
  static func size(of choices: [[Int]], capacity: (Int) -> Int) -> Int {
    var holders: [Int: [Int]] = [:]
    var size = 0
    for item in choices.indices {
      var visited = Set<Int>()
      if assign(item, choices, capacity, &holders, &visited) { size += 1 }
    }
    return size
  }

  private static func assign(
    _ item: Int, _ choices: [[Int]], _ capacity: (Int) -> Int, _ holders: inout [Int: [Int]], _ visited: inout Set<Int>
  ) -> Bool {
    for place in choices[item] where visited.insert(place).inserted {
      if holders[place, default: []].count < capacity(place) {
        holders[place, default: []].append(item)
        return true
      }
      for (index, other) in holders[place, default: []].enumerated()
      where assign(other, choices, capacity, &holders, &visited) {
        holders[place]?[index] = item
        return true
      }
    }
    return false
  }
}
