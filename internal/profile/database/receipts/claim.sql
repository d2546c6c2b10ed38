INSERT INTO receipts (receipt, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING
