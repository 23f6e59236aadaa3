import Contract
import Logging
import Model
import Placement
import Store

extension GovernanceStore {
  /// For so many shortages of one answer the database is asked, where memory does not know.
  static let mostShortages = 50

  /// To whom what is short is promised. It is an addition: where it can not be told now that is said, and the answer is
  /// given all the same.
  func holders(of shortages: [Shortage], _ logger: Logger) async -> [Shortage: HoldersView] {
    var found: [Shortage: HoldersView] = [:]
    var questions = Self.mostShortages
    for shortage in shortages {
      do {
        if let known = try knownHolders(of: shortage.cluster, resource: shortage.resource) {
          found[shortage] = HoldersView(known, shortage)
        } else if questions > 0 {
          questions -= 1
          found[shortage] = HoldersView(
            try await holders(of: shortage.cluster, resource: shortage.resource), shortage)
        } else {
          found[shortage] = .omitted
        }
      } catch {
        // Whoever could not be asked once is not asked for each of them.
        questions = 0
        found[shortage] = .omitted
        logger.warning("it could not be told who holds what is short", metadata: ["error": "\(error)"])
      }
      // There may be thousands, each worked out of memory: others want their turn.
      await Task.yield()
    }
    return found
  }
}

extension HoldersView {
  init(_ holders: CapacityHolders, _ shortage: Shortage) {
    func text(_ amount: Int64) -> String { ResourceAmounts.text(amount, of: shortage.resource) }
    self.init(
      largest: holders.largest.map {
        Holder(project: $0.project, environment: $0.environment, replica: $0.replica, amount: text($0.amount))
      }, others: holders.others, othersAmount: text(holders.othersAmount))
  }
}
