require("summary")

wrk.method = "POST"
wrk.body = '{"customer_name": "João Silva", "address": "Rua Exemplo, 123"}'
wrk.headers["Content-Type"] = "application/json"
