import Testing

@testable import Policy

/// What the search for conflicts asks, and how much of its budget that costs.
struct ConflictSearchTests {
  /// Whatever holds both of some members can not be satisfied, and meets unless it holds both of others.
  private static func search(
    _ members: [Int], budget: Int, against pairs: [[Int]], apart: [[Int]] = []
  ) -> (search: ConflictSearch, asked: [[Int]]) {
    var asked: [[Int]] = []
    var search = ConflictSearch(
      budget: budget,
      isSatisfiable: { set in
        asked.append(set)
        return !pairs.contains { Set(set).isSuperset(of: $0) }
      },
      meet: { set in
        asked.append(set)
        return !apart.contains { Set(set).isSuperset(of: $0) }
      })
    search.search(members)
    return (search, asked)
  }

  @Test func `every question is paid for, those about more members dearer`() {
    for (count, pairs) in [(4, [[1, 3]]), (8, [[0, 5], [5, 6], [2, 7]]), (100, [[10, 90], [3, 40]])] {
      let (search, asked) = Self.search(Array(0..<count), budget: 100_000, against: pairs, apart: [[0, 5]])
      let cost = asked.reduce(0) { $0 + 1 + $1.count / 32 }
      #expect(search.budget == 100_000 - cost && !search.isExhausted, "\(count)")
      let counted = Set(pairs).subtracting([[0, 5]])
      #expect(Set(search.conflicts) == counted && search.conflicts.count == counted.count, "\(count)")
    }
  }

  @Test func `what is found behind members that never meet is told, and what never meets is not`() {
    let (search, _) = Self.search([0, 1, 2, 3], budget: 1000, against: [[0, 2], [1, 3], [2, 3]], apart: [[2, 3]])
    #expect(Set(search.conflicts) == [[0, 2], [1, 3]] && search.conflicts.count == 2)
  }

  @Test func `with nothing left nothing is asked, and that is said`() {
    for budget in [0, -1] {
      let (search, asked) = Self.search([0, 1], budget: budget, against: [[0, 1]])
      #expect(asked == [] && search.conflicts == [] && search.isExhausted && search.budget == budget)
    }
    let (last, asked) = Self.search([0, 1], budget: 1, against: [])
    #expect(asked == [[0, 1]] && last.conflicts == [] && last.isExhausted && last.budget == 0)
  }
}
