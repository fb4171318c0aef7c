"""Cases and tasks by the million for a benchmark: plausible firms, banks, towns, dates and stages, quickly."""

from sqlalchemy import Connection, text

TABLES = ("enterprises", "cases", "loans", "claims", "journal", "tasks", "case_words")
GATES = """(VALUES
    (0, 'filing_review', 'filing', 'managing_officer', 'DJS'), (1, 'filing_review', 'filing', 'managing_officer', 'DJS'),
    (2, 'filing_second_review', 'filing', 'managing_head', 'DJS'), (3, 'acceptance', 'claim', 'managing_officer', 'DJS'),
    (4, 'first_review', 'claim', 'managing_officer', 'DJS'), (5, 'second_review', 'claim', 'managing_head', 'KCD'),
    (6, 'office_review', 'claim', 'bureau_officer', 'GXJ'), (7, 'finance_review', 'claim', 'finance_officer', 'CZJ'),
    (8, 'correction', 'claim', 'filer', ''), (9, 'filing_review', 'filing', 'managing_officer', 'DJS')
) AS gate (nth, key, process, role, place)"""
FIRM = """'东莞市' || substr('恒炬鼎丰裕泰宏瑞盛达华信通正安昌兴隆顺益佳美康宁嘉禾锦源润泽', 1 + (n::bigint * 7919 % 29)::int, 1)
    || substr('精诚联创智博骏腾凯旋翔飞跃越迅捷新锐明辉亮彩晟昊', 1 + (n::bigint * 104729 / 31 % 24)::int, 1)
    || (ARRAY['精密模具', '电子科技', '五金制品', '塑胶', '包装材料', '智能装备', '家具', '纺织', '食品', '新材料',
        '自动化设备', '光电', '服饰', '印刷', '物流', '环保'])[1 + (n * 31 / 7) % 16] || '有限公司'"""
TOWN = "(ARRAY['虎门镇', '长安镇', '厚街镇', '塘厦镇', '寮步镇', '常平镇', '东城街道', '南城街道', '大朗镇', '石龙镇'])[1 + (n * 13 / 3) % 10]"
# Every sixth case is open; rows lie in the order they came. Banks have unequal shares, amounts are skewed, submissions go back four years.
CASES = f"""
INSERT INTO cases (number, process, process_version, board, institution_id, managing_institution_id, subject, uscc,
    town, industry, amount, decided_amount, parameter_version, origin, state, state_since, opened_at, closed_at, opened_by,
    revision, attempts)
SELECT CASE process WHEN 'claim' THEN 'BC' ELSE 'BA' END || '-1990-' || lpad(n::text, 7, '0'), process, 1,
    CASE WHEN n % 11 = 0 THEN 'guarantee' ELSE 'bank' END, bank.ids[1 + least((n * 17 / 5) % 20, bank.size - 1)], home.id,
    {FIRM}, '9144190' || lpad(((n::bigint * 48271) % 99999999999)::text, 11, '0'), {TOWN},
    CASE process WHEN 'claim' THEN (ARRAY['工业', '批发业', '零售业', '建筑业', '信息传输业'])[1 + n % 5] ELSE '' END,
    (10 + (n * 37) % 990) * 10000, CASE WHEN open THEN NULL ELSE (5 + (n * 37) % 400) * 10000 END, '', 'page',
    CASE WHEN open THEN key WHEN n % 40 = 0 THEN 'withdrawn' WHEN process = 'claim' THEN 'paid' ELSE 'registered' END,
    at, at, CASE WHEN open THEN NULL ELSE at + interval '30 days' END, filer.id, 1, 0
FROM (
    SELECT n, n % 6 = 0 AS open, gate.key,
        CASE WHEN n % 6 = 0 THEN gate.process WHEN n % 5 = 1 THEN 'claim' ELSE 'filing' END AS process,
        CASE WHEN n % 6 = 0 THEN now() - (:all - n) * interval '60 days' / :all
            ELSE now() - interval '31 days' - (:all - n) * interval '1400 days' / :all END AS at
    FROM generate_series(1, :all) n JOIN {GATES} ON gate.nth = (n / 6) % 10
) made, (SELECT array_agg(id ORDER BY id) AS ids, count(*)::int AS size FROM institutions WHERE files_board = 'bank') bank,
    (SELECT id FROM institutions WHERE code = 'DJS') home, (SELECT id FROM people WHERE login = 'linwanyi') filer
ORDER BY at
"""
FIRMS = """
INSERT INTO enterprises (uscc, name, sector, finance_like, investment_management, industry, employees, revenue_wan,
    assets_wan, size_class, town, legal_representative, legal_person)
VALUES ('914419000000000000', '示例企业', '', false, false, '工业', 30, 500, 500, '小型', '虎门镇', '', true)
"""
LOANS = """
INSERT INTO loans (case_id, item, board, institution_id, enterprise_id, uscc, firm_name, sector, finance_like,
    investment_management, industry, employees, revenue_wan, assets_wan, size_class, legal_person, town, product,
    purpose, contract_number, receipt_number, principal, contract_date, disbursed_on, due_on, annual_rate_pct,
    guarantee_method, white_list_batch, lender_name, guarantee_contract_number, entrust_contract_number,
    national_fund_backed, state, state_reason, filing_number, parameter_version, checks)
SELECT id, 1, board, institution_id, (SELECT min(id) FROM enterprises), uscc, subject, '', false, false, '工业', 30, 500,
    500, '小型', true, town, '流动资金贷款', '经营', 'GY-' || 100000000 + id, 'JJ-' || id, amount, opened_at::date,
    opened_at::date, opened_at::date + 365, 3.5, 'credit', '', '', '', '', false, 'registered', '',
    'DGBA' || 200000000 + id, '', '{}'
FROM cases WHERE process = 'claim'
"""
CLAIMS = """
INSERT INTO claims (case_id, loan_id, opened_at, alive, overdue_since, classification, unpaid_principal, recovered, recovery_costs,
    fund_shares_confirmed, cause, recovery_plan, requested, account_name, account_number, account_bank, checks,
    refusal_reason, voucher_number, approved, paid, voucher_date)
SELECT c.id, l.id, c.opened_at, true, c.opened_at::date, 'loss', c.amount, 0, 0, false, '', '', c.amount, '', '', '', '{}', '', '',
    c.decided_amount, c.decided_amount, c.closed_at::date
FROM loans l JOIN cases c ON c.id = l.case_id
"""
ENTRIES = """
INSERT INTO journal (id, case_id, kind, name, key, round, opened_at, finished_at, due_at, budget_days, used_before,
    due_provisional)
SELECT id, id, 'gate', CASE WHEN closed_at IS NULL THEN state ELSE 'filing_review' END, 'gate#1', 1, opened_at,
    closed_at, CASE WHEN closed_at IS NULL THEN date_trunc('day', now()) + (id % 40 - 8) * interval '1 day'
        ELSE opened_at + interval '5 days' END, 5, 0, false
FROM cases
"""
TASKS = f"""
INSERT INTO tasks (case_id, entry_id, gate, duty, round, seat, process, board, institution_id, role, applicant_id,
    subject, case_number, uscc, town, amount, state, opened_at, due_at, shown_hash, corrected, unstaffed, answered_at,
    answered_by, outcome, opinion, fields, voided, assignee_id)
SELECT c.id, j.id, j.name, j.name, 1, 1, c.process, c.board, coalesce(place.id, c.institution_id),
    coalesce(gate.role, 'managing_officer'), c.institution_id, c.subject, c.number, c.uscc, c.town, c.amount,
    CASE WHEN c.closed_at IS NULL THEN 'open' ELSE 'answered' END, j.opened_at, j.due_at, '', c.id % 60 = 0, c.id % 6000 = 0,
    c.closed_at, CASE WHEN c.closed_at IS NULL THEN NULL ELSE team.ids[1 + c.id % team.size] END,
    CASE WHEN c.closed_at IS NULL THEN NULL ELSE 'approve' END, '同意。', '{{}}', false,
    CASE WHEN c.closed_at IS NULL AND c.id % 30 = 0 THEN team.ids[1 + c.id / 30 % team.size] END
FROM cases c JOIN journal j ON j.id = c.id
    LEFT JOIN (SELECT key, min(role) AS role, min(place) AS place FROM {GATES} GROUP BY key) gate
        ON gate.key = j.name AND c.closed_at IS NULL
    LEFT JOIN institutions place ON place.code = coalesce(gate.place, 'DJS'),
    (SELECT array_agg(p.id ORDER BY p.id) AS ids, count(*)::int AS size FROM people p
        JOIN institutions i ON i.id = p.institution_id WHERE i.code = 'DJS') team
ORDER BY c.id
"""
WORDS = (
    "INSERT INTO case_words (case_id, part, institution_id, open, words) SELECT id, 0, institution_id,"
    " closed_at IS NULL, search_words(number, subject, uscc) FROM cases",
    "INSERT INTO case_words (case_id, part, open, words) SELECT c.id, -1, c.closed_at IS NULL,"
    " search_words(l.contract_number, l.receipt_number, l.filing_number) FROM loans l JOIN cases c ON c.id = l.case_id",
)
INDEXES = """
SELECT i.indexname, i.indexdef FROM pg_indexes i JOIN pg_class c ON c.relname = i.indexname
WHERE i.schemaname = 'public' AND i.tablename = ANY(:tables)
    AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid)
"""


def fill(connection: Connection, cases: int) -> None:
    """`cases` cases, every sixth open with an open task, each with one task. Indexes are made after the rows."""
    indexes = connection.execute(text(INDEXES), {"tables": list(TABLES)}).all()
    for name, _ in indexes:
        connection.execute(text(f'DROP INDEX "{name}"'))
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    connection.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
    for statement in (FIRMS, CASES, LOANS, CLAIMS, ENTRIES, TASKS, *WORDS):
        connection.execute(
            text(statement.replace("::", r"\:\:")), {"all": cases} if ":all" in statement else {}
        )
    connection.execute(text("SELECT setval('journal_id_seq', (SELECT max(id) FROM journal))"))
    for _, definition in indexes:
        connection.execute(text(definition.replace(":", r"\:")))
