import Postgres

extension StoreMigrations {
  /// The triggers and unique indexes of a database that has all migrations.
  static let inventory = PostgresInventory(
    triggers: words(
      """
      agents.silence_announced agents.zone_heard api_keys.api_keys_kept audit_chain.audit_chain_pseudonyms
      audit_entries.audit_entries_announced audit_entries.audit_entries_stay audit_entries.audit_entries_unchanged
      capacity_ledger.capacity_ledger_stay capacity_ledger.ledger_added capacity_ledger.ledger_changed
      decisions.decisions_name decisions.decisions_stay decisions.decisions_still_name
      decisions.decisions_while_suspended derogation_requests.derogation_requests_announced
      derogation_requests.derogation_requests_stay derogation_requests.derogations_while_suspended
      epoch.epoch_announced findings.findings_moving impact_parts.impact_parts_stay
      impact_parts.impact_parts_unchanged impact_parts.impact_parts_whole impact_results.impact_results_named
      impact_results.impact_results_stay impact_results.impact_results_unchanged
      impact_results.impact_results_whole impacts.impacts_announced impacts.impacts_asked impacts.impacts_awaited
      impacts.impacts_of_votes impacts.impacts_settled impacts.impacts_stay impacts.impacts_whole
      ledger_checkpoints.ledger_checkpoints_stay migrations.migrations_stay migrations.migrations_while_suspended
      migrations.migrations_written moves.moves_stay moves.moves_while_suspended moves.moves_written
      network_flows.flows_while_suspended network_flows.network_flows_announced network_flows.network_flows_moving
      network_flows.network_flows_stay offer_snapshots.offer_snapshots_stay offer_state.offer_announced
      outbox.outbox_while_suspended placements.forget_chain_decision placements.placements_added
      placements.placements_forgotten placements.placements_moving placements.placements_stay
      policy_comments.policy_comments_stay policy_comments.policy_comments_unchanged
      policy_origins.effects_while_suspended policy_origins.policies_while_suspended
      policy_origins.policy_origins_announced policy_origins.policy_origins_stay
      policy_origins.policy_origins_unchanged policy_proposals.policy_proposals_announced
      policy_proposals.policy_proposals_stay policy_proposals.policy_proposals_unchanged
      policy_proposals.proposals_while_suspended policy_versions.policies_announced
      policy_versions.policy_versions_stay policy_versions.policy_versions_told
      policy_versions.policy_versions_unchanged policy_versions.versions_while_suspended
      policy_votes.policy_votes_stay policy_votes.policy_votes_unchanged policy_votes.votes_while_suspended
      project_identities.project_identities_stay public_facts.public_facts_announced
      quota_doubts.quota_doubts_announced reservations.holders_changed reservations.reservations_doubted
      resource_history.resource_history_stays resources.documents_added resources.documents_changed
      resources.resources_remembered unheard_zones.unheard_announced
      webhook_deliveries.webhook_deliveries_announced
      """),
    indexes: words(
      """
      agents_pkey api_keys_pkey audit_anchors_pkey audit_chain_pkey audit_entries_pkey audit_entries_position
      board_departures_pkey capacity_days_pkey capacity_ledger_pkey cluster_facts_pkey consumer_offsets_pkey
      decisions_number_key decisions_pkey derogation_requests_number_key derogation_requests_pkey
      derogation_requests_resource_key environment_identities_environment_id_key environment_identities_pkey
      epoch_pkey facts_publisher_pkey findings_judged_pkey findings_open findings_pkey flow_tasks_pkey
      foreseen_ends_pkey holds_pkey idempotency_keys_pkey impact_parts_pkey impact_results_pkey
      impacts_of_proposals impacts_pkey
      ledger_checkpoints_pkey ledger_differences_open ledger_differences_pkey left_states_pkey
      migrations_number_key migrations_pkey moves_migration_ordinal_key moves_one_way moves_pkey
      network_flows_number_key network_flows_pkey offer_documents_pkey offer_snapshots_pkey offer_state_pkey
      outbox_pkey placements_namespace placements_pkey policy_comments_pkey policy_origins_pkey
      policy_proposals_number_key policy_proposals_pkey policy_versions_pkey policy_votes_pkey
      project_identities_pkey project_identities_project_id_key public_facts_event_key
      public_facts_key_revision_key public_facts_pkey published_states_pkey quota_differences_open
      quota_differences_pkey quota_doubts_pkey relay_leases_pkey report_requests_pkey republications_pkey
      reservations_pkey resource_history_pkey resources_live resources_pkey schema_migrations_pkey
      unheard_zones_pkey webhook_deliveries_number_key webhook_deliveries_pkey webhooks_number_key webhooks_pkey
      zone_records_pkey
      """))

  private static func words(_ text: String) -> [String] { text.split(whereSeparator: \.isWhitespace).map(String.init) }
}
