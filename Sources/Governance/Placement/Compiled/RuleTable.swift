import Model

/// The rules in force on the day, side by side: what every decision asks of every rule, read without touching one object
/// for each. Rules go by their place among those in force.
struct RuleTable: Sendable {
  /// What is looked at of a rule for every project.
  struct Row: Sendable {
    var subject: SubjectTable.Number
    var isRestriction: Bool
    var isOnChains: Bool
    /// The weight with the effect's sign; 0 for restrictions.
    var weight: Int64
  }

  let rows: [Row]
  /// By rule, the sites that it keeps away, or speaks for or against: `width` words each.
  private let words: [UInt64]
  private let width: Int
  /// By stage that some rule names, whether each rule holds in it.
  private let holding: [String: [Bool]]
  /// Whether each rule holds in the stages that none names: those that hold in every stage.
  let holdsEverywhere: [Bool]

  init(_ rules: [CompiledRule], none: SiteSet) {
    rows = rules.map {
      Row(subject: $0.subject, isRestriction: $0.isRestriction, isOnChains: $0.isOnChains, weight: $0.weight)
    }
    width = none.words.count
    words = rules.flatMap { rule in rule.barriers.reduce(none) { $0.union($1.sites) }.words }
    holdsEverywhere = rules.map(\.stages.isEmpty)
    holding = Dictionary(
      uniqueKeysWithValues: Set(rules.flatMap(\.stages)).map { stage in (stage, rules.map { $0.holds(in: stage) }) })
  }

  /// By rule, whether it holds in a stage.
  func holds(in stage: String) -> [Bool] { holding[stage] ?? holdsEverywhere }

  /// Whether a rule on places means a site.
  func means(_ rule: Int, _ site: Int) -> Bool { words[rule * width + site >> 6] & (1 << UInt64(site & 63)) != 0 }

  /// Adds the sites that a rule means.
  func add(_ rule: Int, to sites: inout SiteSet) { sites.formUnion(words, from: rule * width) }

  /// Adds what rules are worth to the sites that they mean, as far as these are `open`.
  func weigh(_ rules: [Int], by factor: Int64, where open: SiteSet, into added: inout [Int64]) {
    // The buffers spare the checks of bounds and uniqueness for every site: all of them are of the engine's size.
    added.withUnsafeMutableBufferPointer { added in
      open.words.withUnsafeBufferPointer { open in
        words.withUnsafeBufferPointer { words in
          for rule in rules {
            let (worth, first) = (factor * rows[rule].weight, rule * width)
            for index in 0..<width {
              var word = words[first + index] & open[index]
              while word != 0 {
                added[index << 6 | word.trailingZeroBitCount] += worth
                word &= word - 1
              }
            }
          }
        }
      }
    }
  }
}
