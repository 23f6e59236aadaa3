import Model

/// The selectors over projects. Their terms are told apart once and turned round, from an attribute's value to the
/// terms that name it: a project is compared with what it has, not with what each of the selectors asks.
struct SubjectTable: Sendable {
  /// A selector of the table.
  typealias Number = Int

  /// How a project stands to a term.
  fileprivate struct Standing: OptionSet, Sendable {
    let rawValue: UInt8
    /// The term matches.
    static let matches = Standing(rawValue: 1)
    /// The term matches, or could if what is not declared were known; an absent label is just not there.
    static let mayMatch = Standing(rawValue: 2)
    /// Both.
    static let yes: Standing = [.matches, .mayMatch]
  }

  /// The terms about one attribute.
  private struct Column: Sendable {
    /// The terms that name a value, and what having it makes of them.
    var naming: [String: [(number: Int, standing: Standing)]] = [:]
    /// The terms that hold of a declared attribute unless a value that they name is there.
    var excluding: [Int] = []
    /// The terms that name no value, or compare one.
    var others: [(number: Int, requirement: LabelSelector.Requirement)] = []
    /// The terms that hold, or might, where the attribute is not declared.
    var ifUnknown: [(number: Int, standing: Standing)] = []

    mutating func add(_ term: LabelSelector.Requirement, _ number: Int) {
      switch term.operator {
      case .in: for value in Set(term.values) { naming[value, default: []].append((number, .yes)) }
      case .notIn:
        excluding.append(number)
        for value in Set(term.values) { naming[value, default: []].append((number, [])) }
        ifUnknown.append((number, .mayMatch))
      case .exists: others.append((number, term))
      case .doesNotExist:
        others.append((number, term))
        ifUnknown.append((number, .yes))
      case .greaterThan, .lessThan:
        others.append((number, term))
        ifUnknown.append((number, .mayMatch))
      }
    }
  }

  /// No attribute: one that projects do not have.
  private var columns: [(key: String, attribute: ProjectAttribute?, column: Column)] = []
  private var numbers: [LabelSelector.Requirement: Int] = [:]
  /// The terms of all selectors, one after the other, and where those of each begin.
  private var terms: [Int] = []
  private var starts: [Int] = [0]

  /// Adds a selector.
  mutating func add(_ selector: LabelSelector) -> Number {
    for term in selector.terms { terms.append(numbers[term] ?? add(term)) }
    starts.append(terms.count)
    return starts.count - 2
  }

  private mutating func add(_ term: LabelSelector.Requirement) -> Int {
    let number = numbers.count
    numbers[term] = number
    let place = columns.firstIndex { $0.key == term.key } ?? columns.count
    if place == columns.count { columns.append((term.key, ProjectAttribute(term.key), Column())) }
    columns[place].column.add(term, number)
    return number
  }

  /// How one project stands to every selector. Its data is of the classes that it declares and of all that these inherit
  /// from, as it is for what classes demand, but `NotIn` leaves out only who declares what it names: by being more sensitive
  /// nothing escapes a rule.
  func answers(for project: Resource<ProjectSpec>, classes: ClassTable) -> Answers {
    var standings = [Standing](repeating: [], count: numbers.count)
    for (key, attribute, column) in columns {
      guard let declared = attribute?.values(of: project) else {
        for (number, standing) in column.ifUnknown { standings[number] = standing }
        continue
      }
      let values = attribute == .dataClass ? classes.lineage(of: declared) : declared
      for number in column.excluding { standings[number] = .yes }
      for (number, term) in column.others where term.matches(Attributes([key: values])) { standings[number] = .yes }
      for value in values {
        let isDeclared = attribute != .dataClass || declared.contains(value)
        for (number, standing) in column.naming[value] ?? [] where isDeclared || standing == .yes {
          standings[number] = standing
        }
      }
    }
    return Answers(terms: terms, starts: starts, standings: standings)
  }

  /// How one project stands to the selectors.
  struct Answers: Sendable {
    private let terms: [Int]
    private let starts: [Int]
    private let standings: [Standing]

    fileprivate init(terms: [Int], starts: [Int], standings: [Standing]) {
      self.terms = terms
      self.starts = starts
      self.standings = standings
    }

    /// Whether the project is meant.
    func matches(_ selector: Number) -> Bool { all(selector, .matches) }
    /// Whether the project is meant, or could be if more were known of it.
    func mayMatch(_ selector: Number) -> Bool { all(selector, .mayMatch) }

    private func all(_ selector: Number, _ standing: Standing) -> Bool {
      for place in starts[selector]..<starts[selector + 1] where !standings[terms[place]].contains(standing) {
        return false
      }
      return true
    }
  }
}
